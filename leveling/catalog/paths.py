"""Read the guided routes of a pack: quests/paths/<path>.toml, every fault of a file at once."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path as File

from leveling.catalog.faults import Fault, FaultyContent
from leveling.catalog.packs import Pack
from leveling.catalog.paths_schema import EntryTable, PartTable, PathFile, SectionTable, target_of
from leveling.catalog.reading import checked, read_toml
from leveling.world.path import Entry, Part, Path, Section

FOLDER = "paths"


class UnknownPath(Exception):
    """No pack holds this path; the text names those that look like it, or all."""

    def __init__(self, wanted: str, known: Sequence[str]) -> None:
        self.wanted = wanted
        self.near = tuple(difflib.get_close_matches(wanted, known, n=3, cutoff=0.4))
        advice = f"Did you mean {' or '.join(self.near)}?" if self.near else f"There are: {', '.join(known) or 'none'}."
        super().__init__(f"there is no path {wanted!r}. {advice}")


def read_path(file: File, pack: str = "leveling") -> Path:
    """The path in `file`; its name is the path's id.

    Raises:
        FaultyContent: with all faults of the file.
    """
    faults: list[Fault] = []
    written = checked(PathFile, read_toml(file), file, faults)
    if written is None:
        raise FaultyContent([_for_paths(fault) for fault in faults])
    return Path(
        id=file.stem,
        title=written.title,
        promise=written.promise,
        length=written.length,
        sections=tuple(_section(each) for each in written.sections),
        note=written.note,
        items=written.items,
        order=written.order,
        pack=pack,
    )


def paths_of(packs: Iterable[Pack]) -> tuple[list[Path], list[Fault]]:
    """The paths of all packs in their own order, and the faults of those that cannot be read.

    An id that two packs hold belongs to the earlier one.
    """
    found: dict[str, Path] = {}
    faults: list[Fault] = []
    for pack in packs:
        for file in sorted((pack.quests / FOLDER).glob("*.toml")):
            if file.stem in found:
                continue
            try:
                found[file.stem] = read_path(file, pack.name)
            except FaultyContent as faulty:
                faults += faulty.faults
    return sorted(found.values(), key=lambda path: (path.order, path.id)), faults


def path_of(packs: Iterable[Pack], path_id: str) -> Path:
    """One path.

    Raises:
        UnknownPath: when no pack has it.
        FaultyContent: when its file has faults.
    """
    files: dict[str, tuple[File, Pack]] = {}
    for pack in packs:
        for file in sorted((pack.quests / FOLDER).glob("*.toml")):
            files.setdefault(file.stem, (file, pack))
    if path_id not in files:
        raise UnknownPath(path_id, sorted(files))
    file, pack = files[path_id]
    return read_path(file, pack.name)


def _for_paths(fault: Fault) -> Fault:
    """The same fault, pointing to the page about paths."""
    return replace(fault, advice=fault.advice.replace("docs/writing-quests.md", "docs/writing-paths.md"))


def _section(written: SectionTable) -> Section:
    parts = tuple(_part(each) for each in written.parts)
    return Section(written.title, parts, written.span, written.note, written.items)


def _part(written: PartTable) -> Part:
    entries = tuple(_entry(each) for each in written.entries)
    return Part(written.title, entries, written.span, written.hours, written.choose, written.note)


def _entry(written: EntryTable) -> Entry:
    return Entry(
        title=written.title,
        kind=written.kind,
        items=written.items,
        targets=tuple(target_of(text) for text in written.by),
        mandatory=not written.optional,
        hours=written.hours,
        note=written.note,
        link=written.link,
    )
