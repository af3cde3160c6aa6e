"""Where quests come from: the built-in pack, folders that the user names, and installed distributions.

A pack is a folder with `quests/<gate>/<quest>/`, or such a `quests` folder itself. An installed distribution offers one by the entry
point group `leveling.packs`, whose value is the package that holds the folder; the package's code is never run.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leveling import places
from leveling.catalog.faults import Fault, FaultyContent

BUILT_IN = "leveling"


@dataclass(frozen=True, slots=True)
class Pack:
    """A source of quests. `quests` is the folder of gates."""

    name: str
    quests: Path

    @property
    def dungeons(self) -> Path:
        """The folder of dungeons: beside that of the quests."""
        return self.quests.parent / "dungeons"


def find_packs(folders: Sequence[str | Path] = (), *, installed: bool = True) -> list[Pack]:
    """All packs: `folders` first, then LEVELING_PACKS, the built-in one, and installed distributions.

    An id that two packs hold belongs to the earlier one.

    Raises:
        FaultyContent: when a named folder is no pack.
    """
    named = [*folders, *filter(None, os.environ.get("LEVELING_PACKS", "").split(os.pathsep))]
    packs = [_from_folder(Path(each).expanduser()) for each in named]
    packs.append(Pack(BUILT_IN, places.content_folder("quests")))
    if installed:
        packs += _from_distributions()
    return packs


def _from_folder(folder: Path) -> Pack:
    if not folder.is_dir():
        advice = "Name a folder that holds quests/<gate>/<quest>/quest.toml."
        raise FaultyContent([Fault(folder, "", "is no folder", advice)])
    inner = folder / "quests"
    return Pack(folder.resolve().name, (inner if inner.is_dir() else folder).resolve())


def _from_distributions() -> Iterator[Pack]:
    """Packs of installed distributions, without importing them."""
    if not any(_may_offer_packs()):
        return
    import importlib.metadata
    import importlib.util

    for point in importlib.metadata.entry_points(group="leveling.packs"):
        found = importlib.util.find_spec(point.value.partition(":")[0].partition(".")[0])
        for place in (found.submodule_search_locations or []) if found else []:
            root = Path(place).joinpath(*point.value.partition(":")[0].split(".")[1:])
            if (root / "quests").is_dir():
                yield Pack(point.name, root / "quests")


def _may_offer_packs() -> Iterator[bool]:
    """Whether some distribution mentions the entry point group: a look at files, far quicker than importlib.metadata."""
    import sys

    for place in map(Path, filter(None, sys.path)):
        try:
            entries = [entry for entry in os.scandir(place) if entry.name.endswith((".dist-info", ".egg-info"))]
        except OSError:
            continue
        for entry in entries:
            try:
                yield b"[leveling.packs]" in Path(entry.path, "entry_points.txt").read_bytes()
            except OSError:
                continue
