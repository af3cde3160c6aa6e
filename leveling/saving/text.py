"""A save as text: a head and one section a quest, so that a clear rewrites one section and a load reads only what changed.

Every section is TOML by itself. A file that does not fall apart cleanly (edited by hand, perhaps) is read as a whole.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from leveling.saving import tables
from leveling.saving.schema_version import FORMAT
from leveling.world.record import DrillMemory, QuestRecord, Record

_HEADER = re.compile(r'^\[+quests\."((?:[^"\\]|\\.)*)"', re.MULTILINE)
PREFACE = "# A save of leveling, written by the program; saves/FORMAT.md says what each line means.\n"


@dataclass(slots=True)
class Sections:
    """The text in pieces; `quests` in the order of the file."""

    head: str
    quests: dict[str, str] = field(default_factory=dict)

    def joined(self) -> str:
        """The whole file."""
        return "".join((self.head, *self.quests.values()))


def split(text: str) -> Sections | None:
    """The pieces of a file, or None when it does not have the form that `render` writes."""
    first = _HEADER.search(text)
    if first is None:
        return Sections(text) if "[quests" not in text else None
    sections = Sections(text[: first.start()])
    starts = [(match.start(), match.group(1)) for match in _HEADER.finditer(text)]
    current, began = starts[0][1], starts[0][0]
    for place, name in [*starts[1:], (len(text), "")]:
        if name == current:
            continue
        if current in sections.quests or "\\" in current:
            return None
        sections.quests[current] = text[began:place]
        current, began = name, place
    return sections


def render(record: Record, known: Record | None = None, sections: Sections | None = None) -> Sections:
    """The text of a record. What is the very same object as in `known` keeps its text from `sections`."""
    drills = tables.drills_by_quest(record.drills)
    old_drills = tables.drills_by_quest(known.drills) if known is not None else {}
    quests: dict[str, str] = {}
    for name in sorted({*record.quests, *drills}):
        quest, its_drills = record.quest(name), drills.get(name, {})
        kept = sections.quests.get(name) if sections is not None and known is not None else None
        if kept is not None and known is not None and _same(quest, known, name, its_drills, old_drills.get(name, {})):
            quests[name] = kept
        else:
            quests[name] = section(name, quest, its_drills)
    return Sections(_head(record), quests)


def section(name: str, quest: QuestRecord, drills: dict[str, DrillMemory]) -> str:
    """One quest as TOML."""
    return _dump({"quests": {name: tables.quest_tables(quest, drills) or {"attempts": 0}}}) + "\n"


def _head(record: Record) -> str:
    return PREFACE + _dump({"format": FORMAT, **tables.head_tables(record)}) + "\n"


def _same(
    quest: QuestRecord,
    known: Record,
    name: str,
    drills: dict[str, DrillMemory],
    old_drills: dict[str, DrillMemory],
) -> bool:
    return known.quests.get(name) is quest and drills == old_drills


def _dump(content: dict[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(content)
