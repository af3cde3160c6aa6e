"""What a dungeon is: a project of several floors in one folder, each floor judged like a quest.

A floor's id has three parts, `gate/dungeon/floor`; what happened in it is kept like what happened in a quest. Floors give
XP and no rank: rank rests on quests and trials, which take no long runs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from leveling.world.card import Card
from leveling.world.record import QuestRecord, Record
from leveling.world.words import Grade, Kind, Rank


def is_floor(name: str) -> bool:
    """Whether an id names a floor of a dungeon and not a quest."""
    return name.count("/") == 2


def dungeon_of(floor: str) -> str:
    """The dungeon of a floor's id: "tensors/ray-caster/rays" -> "tensors/ray-caster"."""
    return floor.rpartition("/")[0]


def module_of(floor: str) -> str:
    """Under which name the floors above import this one: "tensors/ray-caster/camera-rays" -> "camera_rays"."""
    return floor.rpartition("/")[2].replace("-", "_")


def title_on_map(title: str) -> str:
    """A floor's title where the map says already that it is the boss."""
    bare = title.removeprefix("Boss: ")
    return bare[:1].upper() + bare[1:]


@dataclass(frozen=True, slots=True)
class Paper:
    """The card of a dungeon that is built on a paper."""

    title: str
    objective: str
    focus: str
    key_learnings: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dungeon:
    """One dungeon as its author wrote it; `floors` are ids from the lowest to the boss, `folder` holds one folder for each.

    `minutes` is the sum of what its floors take.
    """

    id: str
    title: str
    rank: Rank
    builds: str
    floors: tuple[str, ...]
    folder: Path
    minutes: int = 0
    data: str = ""
    needs: tuple[str, ...] = ()
    echoes: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    extra: str = ""
    paper: Paper | None = None
    pack: str = "leveling"

    @property
    def gate(self) -> str:
        """The topic: the part of the id before the slash."""
        return self.id.split("/", 1)[0]

    @property
    def card(self) -> Card:
        """What a path shows of it."""
        return Card(
            self.id,
            self.title,
            self.rank,
            Kind.DUNGEON,
            self.minutes,
            self.builds,
            self.needs,
            self.packages,
            self.extra,
            pack=self.pack,
            floors=self.floors,
        )

    @property
    def boss(self) -> str:
        """The last floor."""
        return self.floors[-1]

    def number(self, floor: str) -> int:
        """Where a floor stands, from 1."""
        return self.floors.index(floor) + 1

    def up_to(self, floor: str) -> tuple[str, ...]:
        """The floors from the lowest to this one: all that an attempt of it judges."""
        return self.floors[: self.number(floor)]


class FloorState(StrEnum):
    """How a floor stands: cleared, open (the one below is cleared), or closed."""

    CLEARED = "cleared"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Climb:
    """How far a hunter has come in a dungeon. `missing` are quests that it builds on and that are not cleared yet."""

    dungeon: Dungeon
    states: tuple[FloorState, ...]
    grades: tuple[Grade | None, ...]
    missing: tuple[str, ...] = ()
    known: tuple[QuestRecord, ...] = field(default=(), repr=False)

    @property
    def cleared(self) -> int:
        """How many floors are cleared."""
        return self.states.count(FloorState.CLEARED)

    @property
    def is_done(self) -> bool:
        """Whether every floor is cleared."""
        return self.cleared == len(self.states)

    @property
    def is_begun(self) -> bool:
        """Whether something was done in it."""
        return any(each.started or each.attempts for each in self.known)

    @property
    def next(self) -> str:
        """The floor to go on with: the lowest that is not cleared; the boss once all are."""
        for floor, state in zip(self.dungeon.floors, self.states, strict=True):
            if state is not FloorState.CLEARED:
                return floor
        return self.dungeon.boss

    @property
    def grade(self) -> Grade | None:
        """The lowest grade of all floors, once all are cleared."""
        grades = [grade for grade in self.grades if grade is not None]
        return min(grades, key=lambda grade: grade.level) if self.is_done and len(grades) == len(self.grades) else None


def climb(dungeon: Dungeon, record: Record) -> Climb:
    """How far the hunter of `record` has come."""
    known = tuple(record.quest(floor) for floor in dungeon.floors)
    states: list[FloorState] = []
    for each in known:
        below = states[-1] if states else FloorState.CLEARED
        opened = FloorState.OPEN if below is FloorState.CLEARED else FloorState.CLOSED
        states.append(FloorState.CLEARED if each.is_cleared else opened)
    grades = tuple(each.best.grade if each.best else None for each in known)
    return Climb(dungeon, tuple(states), grades, _missing(dungeon, record), known)


def _missing(dungeon: Dungeon, record: Record) -> tuple[str, ...]:
    wanted: Iterable[str] = dict.fromkeys((*dungeon.needs, *dungeon.echoes))
    return tuple(name for name in wanted if not record.quest(name).is_cleared)
