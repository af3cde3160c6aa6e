"""Hand the judge what an attempt imports from `echoes`: the learner's own clears, found by the hash of their content."""

import hashlib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from leveling.catalog import Catalog, FaultyContent
from leveling.play.solutions import reference_of
from leveling.play.trouble import Trouble
from leveling.saving import solutions as kept
from leveling.saving.store import Store
from leveling.world.echoes import Imported, echo_of, imports_in, module_of, names_in
from leveling.world.quest import Quest
from leveling.world.record import Record

# A quest is often called like the function that it asks for, and importing the quest's module would put that in the
# function's place: the gate therefore looks the names up itself.
GATE_MODULE = """
import importlib, sys, types

_WHERE = {where!r}


class _Gate(types.ModuleType):
    def __getattribute__(self, name):
        if name in _WHERE:
            return getattr(importlib.import_module(_WHERE[name]), name)
        return super().__getattribute__(name)


sys.modules[__name__].__class__ = _Gate
"""


@dataclass(frozen=True, slots=True)
class Echo:
    """A quest's solution as it can be imported. `borrowed`: it is the reference, of a quest revealed and not cleared."""

    quest: str
    names: tuple[str, ...]
    source: str
    borrowed: bool = False

    @property
    def module(self) -> str:
        """Under which name it is imported."""
        return module_of(self.quest)


@dataclass(frozen=True, slots=True)
class Handed:
    """What goes to the judge: the echoes used, and (module, text, path) of each of their modules."""

    echoes: tuple[Echo, ...] = ()
    modules: tuple[tuple[str, str, str], ...] = ()

    @property
    def in_words(self) -> tuple[str, ...]:
        """The quests whose echoes are used, the borrowed ones marked."""
        return tuple(echo.quest + (" (borrowed)" if echo.borrowed else "") for echo in self.echoes)

    @property
    def digest(self) -> str:
        """SHA-256 of all that is imported: with another echo the same file may get another verdict."""
        return hashlib.sha256(repr(sorted(self.modules)).encode()).hexdigest()


NOTHING = Handed()
Find = Callable[[Quest], Echo | None]  # the echo of a quest, None where there is none; may raise Trouble


def from_save(record: Record, store: Store) -> Find:
    """Echoes of this save: the chosen clear; for a quest that was revealed and not cleared, its reference, borrowed."""

    def find(quest: Quest) -> Echo | None:
        names, digest = names_in(quest.signature), echo_of(record, quest.id)
        if digest:
            source = kept.text_of(store.folder, digest)
            if source is None:
                raise Trouble(
                    f"the echo of {quest.id} is not what you cleared: its file under {kept.path_of(store.folder, digest)} "
                    f"was changed or is gone. Clear {quest.id} again: leveling start {quest.id}"
                )
            return Echo(quest.id, names, source)
        if record.quest(quest.id).revealed_at is not None:
            return Echo(quest.id, names, reference_of(quest), borrowed=True)
        return None

    return find


def from_solutions(sources: Mapping[str, str]) -> Find:
    """Echoes of somebody else: the solutions they handed in, by quest; what they did not hand in, they borrowed."""

    def find(quest: Quest) -> Echo | None:
        names = names_in(quest.signature)
        if quest.id in sources:
            return Echo(quest.id, names, sources[quest.id])
        return Echo(quest.id, names, reference_of(quest), borrowed=True)

    return find


def hand(catalog: Catalog, quest: Quest, source: str, find: Find, among: Container[str] | None = None) -> Handed:
    """Everything that `source` imports from echoes, and what those echoes import in turn.

    `among` are the only quests for which `find` may find one: no other is read in search of a name.

    Raises:
        Trouble: for an import that nothing stands behind; it says which quest grants the name, or what is there.
    """
    return hand_imports(catalog, quest, imports_in(source), find, among)


def hand_imports(
    catalog: Catalog, quest: Quest, wanted: Sequence[Imported], find: Find, among: Container[str] | None = None
) -> Handed:
    """As `hand`, for imports that were read already, of one file or of several.

    Raises:
        Trouble: as `hand`.
    """
    return _Collector(catalog, quest, find, among).collected(wanted) if wanted else NOTHING


class _Collector:
    def __init__(self, catalog: Catalog, quest: Quest, find: Find, among: Container[str] | None) -> None:
        self.catalog = catalog
        self.quest = quest
        self.find = find
        self.among = among
        self.quests: dict[str, Quest] = {}  # those read so far
        self.found: dict[str, Echo] = {}
        self.where: dict[str, dict[str, str]] = {}  # gate -> name -> module

    def collected(self, wanted: Iterable[Imported]) -> Handed:
        queue = list(wanted)
        while queue:
            for echo in self._of_import(queue.pop(0)):
                if echo.quest not in self.found:
                    self.found[echo.quest] = echo
                    queue += imports_in(echo.source)
        modules = [(echo.module, echo.source, f"{echo.module.replace('.', '/')}.py") for echo in self.found.values()]
        for gate, where in self.where.items():
            text = GATE_MODULE.format(where=where)
            modules.append((f"echoes.{gate}", text, f"echoes/{gate}/__init__.py"))
        return Handed(tuple(self.found.values()), tuple(modules))

    def _of_import(self, wanted: Imported) -> list[Echo]:
        gate, _, name = wanted.module.partition(".")
        if not gate:
            raise Trouble(f"line {wanted.line}: say from which gate: from echoes.tensors import ...")
        ids = self._ids(gate)
        if not ids:
            raise Trouble(
                f"line {wanted.line}: there is no gate {gate!r}. `leveling echoes` lists what can be imported"
            )
        if name:
            return [self._of_quest(gate, name, ids, wanted.line)]
        if "*" in wanted.names or not wanted.names:
            raise Trouble(f"line {wanted.line}: name what you want: from echoes.{gate} import ...")
        return [self._of_name(gate, each, ids, wanted.line) for each in wanted.names]

    def _of_quest(self, gate: str, name: str, ids: Sequence[str], line: int) -> Echo:
        fitting = self._read(each for each in ids if module_of(each) == f"echoes.{gate}.{name}")
        if not fitting:
            raise Trouble(f"line {line}: the gate {gate} has no quest {name.replace('_', '-')}")
        return self._echo(fitting[0], line) or _not_yet(fitting, f"echoes.{gate}.{name}", line)

    def _of_name(self, gate: str, name: str, ids: Sequence[str], line: int) -> Echo:
        likely = [each for each in ids if self.among is None or each in self.among]
        echoes = [echo for quest in self._granting(name, likely) if (echo := self._echo(quest, line)) is not None]
        if not echoes:
            if granting := self._granting(name, ids):
                _not_yet(granting, name, line)
            own = " (this very quest asks for it: write it)" if name in names_in(self.quest.signature) else ""
            raise Trouble(f"line {line}: no other quest of the gate {gate} grants {name!r}{own}. See: leveling echoes")
        if len(echoes) > 1:
            ways = " or ".join(f"from {echo.module} import {name}" for echo in echoes)
            raise Trouble(f"line {line}: {len(echoes)} of your echoes are called {name!r}. Say which: {ways}")
        self.where.setdefault(gate, {})[name] = echoes[0].module
        return echoes[0]

    def _echo(self, quest: Quest, line: int) -> Echo | None:
        if quest.id == self.quest.id:
            raise Trouble(f"line {line}: {quest.id} is the quest you are solving: its own echo cannot be imported here")
        return self.found.get(quest.id) or self.find(quest)

    def _ids(self, gate: str) -> list[str]:
        """The quests of a gate, by their cards: none is read for it."""
        name = gate.replace("_", "-")
        return [card.id for card in self.catalog.cards(name)] if name in self.catalog.gates() else []

    def _granting(self, name: str, ids: Iterable[str]) -> list[Quest]:
        others = self._read(each for each in ids if each != self.quest.id)
        return [quest for quest in others if name in names_in(quest.signature)]

    def _read(self, ids: Iterable[str]) -> list[Quest]:
        found = []
        for each in ids:
            if each not in self.quests:
                try:
                    self.quests[each] = self.catalog.quest(each)
                except FaultyContent:  # a quest that cannot be read grants nothing; reading it for itself says why
                    continue
            found.append(self.quests[each])
        return found


def _not_yet(quests: list[Quest], name: str, line: int) -> Echo:
    granting = " or ".join(quest.id for quest in quests)
    first = quests[0].id
    raise Trouble(
        f"line {line}: {name} is granted by {granting}, which you have not cleared yet: leveling start {first}. "
        f"Or borrow the reference, which forfeits that quest's XP until you solve it: leveling reveal {first}"
    )


def refuse_echoes(source: str, what: str) -> None:
    """Trials and drills are written from blank.

    Raises:
        Trouble: at the first import of an echo, before anything is counted as tried.
    """
    for wanted in imports_in(source):
        raise Trouble(f"line {wanted.line} imports an echo: {what} is written from a blank file. Take the import out")
