"""A guided route through the quests: what it promises, its sections, and every entry with what serves it.

An entry is one line of the checklist, such as a lab or a project. It names the quests, dungeons and trials that serve
it (`targets`), of which some may not be written yet. How far a learner is: `leveling.world.travelling`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class TargetKind(StrEnum):
    """What an entry sends the learner to."""

    QUEST = "quest"
    DUNGEON = "dungeon"
    TRIAL = "trial"


class EntryKind(StrEnum):
    """What an entry is to the learner.

    Objectives and goals open a section; outcomes, quizzes and milestones close it; a reading or a tool is named and
    never ticked off, since nothing can be judged about it.
    """

    OBJECTIVE = "objective"
    GOAL = "goal"
    IDEA = "idea"
    DRILL = "drill"
    LAB = "lab"
    SKILL = "skill"
    PROJECT = "project"
    PAPER = "paper"
    OUTCOME = "outcome"
    QUIZ = "quiz"
    MILESTONE = "milestone"
    READING = "reading"
    TOOL = "tool"
    NEED = "need"

    @property
    def is_judged(self) -> bool:
        """Whether clears can tick it off."""
        return self not in {EntryKind.READING, EntryKind.TOOL}

    @property
    def is_work(self) -> bool:
        """Whether it is met on the way, before what a section is measured by."""
        return self in _WORK


_WORK = frozenset(
    {
        EntryKind.IDEA,
        EntryKind.DRILL,
        EntryKind.LAB,
        EntryKind.SKILL,
        EntryKind.PROJECT,
        EntryKind.PAPER,
        EntryKind.NEED,
    }
)


@dataclass(frozen=True, slots=True)
class Target:
    """A quest, dungeon or trial by its id, written or not."""

    id: str
    kind: TargetKind = TargetKind.QUEST


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the checklist. `hours` is a plan; `items` are the curriculum's ids; `link` leads to a reading."""

    title: str
    kind: EntryKind
    items: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    mandatory: bool = True
    hours: float = 0.0
    note: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a section, such as a fortnight or a morning.

    `hours` is its time box; without one its entries' hours are added. Where `choose` is not 0, that many of the entries
    are enough and the learner picks them.
    """

    title: str
    entries: tuple[Entry, ...]
    span: str = ""
    hours: float = 0.0
    choose: int = 0
    note: str = ""

    @property
    def planned_hours(self) -> float:
        """The time box, or what the mandatory entries add up to (with a choice: the mean entry, as often as chosen)."""
        if self.hours:
            return self.hours
        whole = sum(entry.hours for entry in self.entries if entry.mandatory)
        return whole * min(1.0, self.choose / len(self.entries)) if self.choose and self.entries else whole


@dataclass(frozen=True, slots=True)
class Section:
    """A phase, chapter, module or day. `items` are curriculum ids that the section as a whole stands for."""

    title: str
    parts: tuple[Part, ...]
    span: str = ""
    note: str = ""
    items: tuple[str, ...] = ()

    def entries(self) -> Iterator[Entry]:
        """Every entry in the order of the page."""
        for part in self.parts:
            yield from part.entries

    def of_kind(self, *kinds: EntryKind) -> list[Entry]:
        """The entries of these kinds, such as the objectives."""
        return [entry for entry in self.entries() if entry.kind in kinds]


@dataclass(frozen=True, slots=True)
class Path:
    """A whole route. `length` in words, such as "24 weeks"; `order` is its place in the list of paths."""

    id: str
    title: str
    promise: str
    length: str
    sections: tuple[Section, ...]
    note: str = ""
    items: tuple[str, ...] = ()
    order: int = 0
    pack: str = "leveling"

    def entries(self) -> Iterator[Entry]:
        """Every entry in the order of the page."""
        for section in self.sections:
            yield from section.entries()

    def item_ids(self) -> list[str]:
        """The curriculum ids of path, sections and entries, as often as they are named."""
        found = list(self.items)
        for section in self.sections:
            found += section.items
            for entry in section.entries():
                found += entry.items
        return found

    def in_order(self) -> list[Target]:
        """Each target once, in the order in which to do them: in a section first the work, then what measures it."""
        found: dict[str, Target] = {}
        for section in self.sections:
            for entry in sorted(section.entries(), key=lambda entry: not entry.kind.is_work):
                if entry.kind.is_judged:
                    for target in entry.targets:
                        found.setdefault(target.id, target)
        return list(found.values())

    @property
    def planned_hours(self) -> float:
        """What the parts are planned to take."""
        return sum(part.planned_hours for section in self.sections for part in section.parts)
