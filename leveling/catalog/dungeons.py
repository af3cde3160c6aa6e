"""Find and read dungeons: dungeons/<gate>/<dungeon>/dungeon.toml, and in one folder for each floor the files of a quest."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from leveling.catalog.faults import Fault, FaultyContent, UnknownQuest
from leveling.catalog.packs import Pack
from leveling.catalog.reading import read_dungeon_file, read_quest, read_toml
from leveling.world.dungeon import Dungeon, Paper, dungeon_of, module_of
from leveling.world.quest import Quest

Modules = tuple[tuple[str, str, str], ...]  # name, text and path of what can be imported


def dungeons_in(packs: Sequence[Pack]) -> tuple[list[Dungeon], list[Fault]]:
    """All dungeons by gate, rank and name, and the faults of those that cannot be read."""
    found: dict[str, Dungeon] = {}
    faults: list[Fault] = []
    for dungeon_id, folder, pack in _folders(packs):
        if dungeon_id in found:
            continue
        try:
            found[dungeon_id] = read_dungeon(folder, dungeon_id, pack.name)
        except FaultyContent as faulty:
            faults += faulty.faults
    ordered = sorted(found.values(), key=lambda each: (each.gate, each.rank.level, each.id))
    return ordered, faults


def dungeon_in(packs: Sequence[Pack], dungeon_id: str) -> Dungeon:
    """One dungeon.

    Raises:
        UnknownQuest: when no pack has it.
        FaultyContent: when its file has faults.
    """
    known = []
    for each, folder, pack in _folders(packs):
        if each == dungeon_id:
            return read_dungeon(folder, dungeon_id, pack.name)
        known.append(each)
    raise UnknownQuest(dungeon_id, difflib.get_close_matches(dungeon_id, known, n=3, cutoff=0.5))


def find_dungeon(packs: Sequence[Pack], text: str) -> str | None:
    """The dungeon or floor that `text` names: in full, or without the gate where only one has it. None when there is none."""
    ids = [each for each, _, _ in _folders(packs)]
    parts = text.split("/")
    if len(parts) == 3 and "/".join(parts[:2]) in ids:
        return text
    fitting = [each for each in ids if text in (each, each.split("/")[1])]
    return fitting[0] if len(fitting) == 1 else None


def read_dungeon(folder: Path, dungeon_id: str, pack: str = "leveling") -> Dungeon:
    """The dungeon in `folder`.

    Raises:
        FaultyContent: with all faults of dungeon.toml, and the files that are missing beside it.
    """
    written = read_dungeon_file(folder)
    wanted = [folder / "brief.md", *(folder / floor / "quest.toml" for floor in written.floors)]
    missing = [path for path in wanted if not path.is_file()]
    if missing:
        advice = "Every dungeon has it; docs/writing-dungeons.md says what it holds."
        raise FaultyContent([Fault(path, "", "is missing", advice) for path in missing])
    paper = None if written.paper is None else Paper(**written.paper.model_dump())
    return Dungeon(
        id=dungeon_id,
        title=written.title,
        rank=written.rank,
        builds=written.builds,
        floors=tuple(f"{dungeon_id}/{floor}" for floor in written.floors),
        folder=folder,
        minutes=sum(_minutes(folder / floor / "quest.toml") for floor in written.floors),
        data=written.data,
        needs=written.needs,
        echoes=written.echoes,
        covers=written.covers,
        reading=written.reading,
        packages=written.packages,
        extra=written.extra,
        paper=paper,
        pack=pack,
    )


def _minutes(path: Path) -> int:
    """What a floor takes; whether its file is right is seen when it is opened."""
    found = read_toml(path).get("minutes", 0)
    return found if isinstance(found, int) else 0


def floor_of(dungeon: Dungeon, floor: str) -> Quest:
    """One floor, as the quest that it is to the judge.

    Raises:
        UnknownQuest: when the dungeon has no such floor.
        FaultyContent: when its files have faults.
    """
    if floor not in dungeon.floors:
        raise UnknownQuest(floor, difflib.get_close_matches(floor, dungeon.floors, n=3, cutoff=0.3))
    return read_quest(dungeon.folder / floor.rpartition("/")[2], floor, dungeon.pack)


def references_below(dungeon: Dungeon, floor: str) -> Modules:
    """The references of the floors below this one, as the modules that the author's solutions of it import."""
    return tuple(_reference(dungeon, each) for each in dungeon.up_to(floor)[:-1] if _has_reference(dungeon, each))


def _reference(dungeon: Dungeon, floor: str) -> tuple[str, str, str]:
    module = module_of(floor)
    text = (dungeon.folder / floor.rpartition("/")[2] / "reference.py").read_text(encoding="utf-8")
    return module, text, f"{module}.py (reference)"


def _has_reference(dungeon: Dungeon, floor: str) -> bool:
    return (dungeon.folder / floor.rpartition("/")[2] / "reference.py").is_file()


def floor_in(packs: Sequence[Pack], floor: str) -> Quest:
    """A floor by its id.

    Raises:
        UnknownQuest, FaultyContent: as `dungeon_in` and `floor_of`.
    """
    return floor_of(dungeon_in(packs, dungeon_of(floor)), floor)


def _folders(packs: Sequence[Pack]) -> Iterator[tuple[str, Path, Pack]]:
    """Id, folder and pack of every dungeon, without opening a file."""
    for pack in packs:
        for path in sorted(pack.dungeons.glob("*/*/dungeon.toml")):
            yield f"{path.parent.parent.name}/{path.parent.name}", path.parent, pack
