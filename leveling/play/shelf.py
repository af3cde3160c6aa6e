"""The learner's echoes, as a list: what each grants, where it comes from, and which of their files import it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from leveling.catalog import FaultyContent, UnknownQuest
from leveling.play.game import Game
from leveling.play.trouble import Trouble
from leveling.saving import solutions as kept
from leveling.world import echoes
from leveling.world.dungeon import is_floor
from leveling.world.quest import Quest
from leveling.world.words import Kind


@dataclass(frozen=True, slots=True)
class Shelved:
    """One echo. `solution` is the hash of its content, `cleared` the day; both empty for a borrowed reference.

    `others` are hashes of other clears of the quest that could take its place; `used_by` quests whose clears import it.
    """

    quest: str
    title: str
    names: tuple[str, ...]
    says: str
    solution: str = ""
    cleared: date | None = None
    grade: str = ""
    others: tuple[str, ...] = ()
    used_by: tuple[str, ...] = ()

    @property
    def is_borrowed(self) -> bool:
        """Whether it is the reference of a quest that was revealed and not cleared."""
        return not self.solution

    @property
    def module(self) -> str:
        """Under which name it is imported."""
        return echoes.module_of(self.quest)


def shelf(game: Game) -> list[Shelved]:
    """Every echo that can be imported now, by quest."""
    uses = _uses(game)
    found = []
    for name in sorted(game.record.quests):
        if is_floor(name):  # a floor is imported by its own project
            continue
        try:
            quest = game.catalog.quest(name)
        except (UnknownQuest, FaultyContent):  # a quest of a pack that is not here now
            continue
        if quest.kind is not Kind.QUIZ and (shelved := _of(game, quest, tuple(sorted(uses.get(name, ()))))):
            found.append(shelved)
    return found


def _of(game: Game, quest: Quest, used_by: tuple[str, ...]) -> Shelved | None:
    known = game.known(quest.id)
    names = echoes.names_in(quest.signature)
    digest = echoes.echo_of(game.record, quest.id)
    if not digest:
        borrowed = Shelved(quest.id, quest.title, names, quest.learns, used_by=used_by)
        return borrowed if known.revealed_at is not None else None
    clear = next(clear for clear in known.clears if clear.solution == digest)
    others = tuple(each for each in echoes.solutions_of(known) if each != digest)
    return Shelved(quest.id, quest.title, names, quest.learns, digest, clear.day, clear.grade.value, others, used_by)


def _uses(game: Game) -> dict[str, set[str]]:
    """Quest -> the quests whose clears import its echo."""
    by_module = {echoes.module_of(card.id): card.id for card in game.cards}
    uses: dict[str, set[str]] = {}
    for name, known in game.record.quests.items():
        for digest in echoes.solutions_of(known):
            for wanted in echoes.imports_in(kept.text_of(game.store.folder, digest) or ""):
                for granting in _granting(game, by_module, wanted):
                    uses.setdefault(granting, set()).add(name)
    return uses


def _granting(game: Game, by_module: dict[str, str], wanted: echoes.Imported) -> Iterator[str]:
    module = f"{echoes.PACKAGE}.{wanted.module}"
    if module in by_module:
        yield by_module[module]
        return
    for name in game.record.quests:
        if name.startswith(f"{wanted.module.replace('_', '-')}/"):
            try:
                granted = echoes.names_in(game.catalog.quest(name).signature)
            except (UnknownQuest, FaultyContent):
                continue
            if set(granted) & set(wanted.names):
                yield name


def swap(game: Game, quest: Quest, solution: str = "") -> Shelved:
    """Let another clear be the echo: the one whose hash begins with `solution`, or the next of them.

    Raises:
        Trouble: when there is no other, or the beginning fits none or several.
    """
    now = _of(game, quest, ())
    if now is None or now.is_borrowed:
        raise Trouble(f"{quest.id} has no echo of yours yet: it comes with the first clear")
    fitting = [each for each in now.others if each.startswith(solution)]
    if not now.others:
        raise Trouble(
            f"{quest.id} was cleared with one solution only. Another clear of another grade may take its place"
        )
    if not fitting or (solution and len(fitting) > 1):
        listed = ", ".join(each[:8] for each in now.others)
        raise Trouble(f"{solution!r} names no single other clear of {quest.id}. There are: {listed}")
    game.change(lambda record: echoes.swapped(record, quest.id, fitting[0], game.clock()))
    changed = _of(game, quest, ())
    assert changed is not None
    return changed
