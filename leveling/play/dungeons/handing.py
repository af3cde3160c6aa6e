"""What goes to the judge with a floor: the learner's project and echoes on one side, the author's on the other."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from leveling.catalog import Catalog
from leveling.catalog.dungeons import references_below
from leveling.judge.protocol import Modules
from leveling.play.dungeons.project import Project, unbundled
from leveling.play.dungeons.reports import as_module
from leveling.play.echoing import Find, Handed, from_solutions, hand, hand_imports
from leveling.play.trouble import Trouble
from leveling.world.dungeon import dungeon_of, is_floor
from leveling.world.echoes import Imported, imports_in
from leveling.world.quest import Quest
from leveling.world.words import Kind


def handed(catalog: Catalog, quest: Quest, source: str, path: Path, project: Project, find: Find) -> Handed:
    """All that a floor's file may import: the files of the project that it reaches, and the echoes of all of these.

    Raises:
        Trouble: for an echo that nothing stands behind, with the file that imports it.
    """
    beside = project.used_by(source)
    return _with_echoes(catalog, quest, ((path.name, source),), beside, find)


def reported(catalog: Catalog, quest: Quest, project: Project, find: Find) -> Handed:
    """As `handed` for a report, which imports nothing itself: the judge recomputes its figures with the whole project.

    Raises:
        Trouble: as `handed`.
    """
    beside = tuple((module, text, shown) for module, (text, shown) in sorted(project.files.items()))
    return _with_echoes(catalog, quest, (), beside, find)


def handed_again(catalog: Catalog, quest: Quest, bundle: str, find: Find) -> tuple[str, Handed]:
    """The floor's file as it is judged, and what it imports, from the text that was kept when it cleared.

    Raises:
        Trouble: when the text is no bundle, and as `handed`.
    """
    files = unbundled(bundle)
    if not files:
        raise Trouble("what was kept of this floor holds no files")
    (name, text), *others = files.items()
    beside = tuple((Path(other).stem, content, other) for other, content in others if Path(other).stem.isidentifier())
    is_report = quest.kind is Kind.REPORT
    main = as_module(text) if is_report else text
    return main, _with_echoes(catalog, quest, () if is_report else ((name, text),), beside, find)


def _with_echoes(
    catalog: Catalog, quest: Quest, main: tuple[tuple[str, str], ...], beside: Modules, find: Find
) -> Handed:
    texts = (*main, *((shown, text) for _, text, shown in beside))
    for name, text in texts:
        try:
            hand(catalog, quest, text, find)
        except Trouble as trouble:
            raise Trouble(f"{name}, {trouble}") from trouble
    echoes = hand_imports(catalog, quest, _imports(text for _, text in texts), find)
    return Handed(echoes.echoes, (*beside, *echoes.modules))


def lent(catalog: Catalog, quest: Quest) -> Modules:
    """What the author's own solutions of a floor import: the references below it, and of quests whose echoes they use.

    Nothing for a quest, which stands alone.
    """
    if not is_floor(quest.id):
        return ()
    below = references_below(catalog.dungeon(dungeon_of(quest.id)), quest.id)
    texts = (*(text for _, text, _ in below), *authored(quest))
    echoes = hand_imports(catalog, quest, _imports(texts), from_solutions({}))
    return (*below, *echoes.modules)


def authored(quest: Quest) -> Iterator[str]:
    """The author's solutions of a quest: reference, wrong and right ones, slow and hungry ones."""
    for path in sorted(quest.folder.rglob("*.py")):
        if path.name not in ("checks.py", "starter.py"):
            yield path.read_text(encoding="utf-8")


def _imports(texts: Iterable[str]) -> list[Imported]:
    return [wanted for text in texts for wanted in imports_in(text)]
