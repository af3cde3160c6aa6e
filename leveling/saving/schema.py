"""The save format, version 1, as pydantic models: what is validated when a file was not written by this very version."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from leveling.world.words import Grade, Rank

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


class Table(BaseModel):
    """Unknown keys are refused: within one format there are none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChosenTable(Table):
    """A text that was set, and when."""

    value: str
    at: AwareDatetime


class MeasuredTable(Table):
    """One gate of a clear; a sealed one has no value."""

    gate: str
    device: str
    status: str
    value: float | None = None
    limit: float
    unit: str


class ClearTable(Table):
    """One clear with its evidence; `content` and `solution` are SHA-256 in hexadecimal."""

    grade: Grade
    rank: Rank
    at: AwareDatetime
    day: date
    seed: int = 0
    device: str = "cpu"
    seconds: Seconds = 0.0
    hints: Count = 0
    unaided: bool = True
    content: str = ""
    solution: str = ""
    gates: tuple[MeasuredTable, ...] = ()


class DrillTable(Table):
    """What is remembered of one function of a drill set."""

    due: AwareDatetime
    last: AwareDatetime
    stability: Seconds = 0.0
    difficulty: Seconds = 0.0
    phase: int = 1
    reviews: Count = 0
    lapses: Count = 0


class QuestTable(Table):
    """What happened in one quest."""

    attempts: Count = 0
    failures: Count = 0
    started: AwareDatetime | None = None
    seconds: Seconds = 0.0
    hints: tuple[int, ...] = ()
    revealed_at: AwareDatetime | None = None
    restarted_at: AwareDatetime | None = None
    first_clear: date | None = None
    last_clear: date | None = None
    note: ChosenTable | None = None
    learnings: ChosenTable | None = None
    clears: tuple[ClearTable, ...] = ()
    drills: dict[str, DrillTable] = {}


class SittingTable(Table):
    """One try at a trial."""

    started: AwareDatetime
    seed: int
    tasks: tuple[str, ...]
    minutes: Count
    submissions: dict[str, int] = {}
    cleared: tuple[str, ...] = ()
    given_up: bool = False


class TrialTable(Table):
    """A trial's tries, its last sitting and the one that passed it."""

    tries: Count = 0
    sitting: SittingTable | None = None
    passed: SittingTable | None = None


class SaveFile(Table):
    """A whole save. Keys of `days` are ISO dates, of `trials` and `promotions` such as `tensors:D`."""

    format: Literal[1]
    created: date
    rests: tuple[date, ...] = ()
    choices: dict[str, ChosenTable] = {}
    days: dict[date, int] = {}
    promotions: dict[str, date] = {}
    placement: dict[str, ChosenTable] = {}
    trials: dict[str, TrialTable] = {}
    quests: dict[str, QuestTable] = {}
