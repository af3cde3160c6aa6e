"""What happened, as plain frozen facts: all that a save holds. Everything else is computed from these.

Every instant (`datetime`) is aware and in UTC; every `date` is the learner's local day. Nothing here grows with the
number of attempts: a quest keeps one clear for each grade, a trial its last sitting, a day one number. The mappings are
read only by agreement (and to the type checker), plain dictionaries at run time, so that anything can write them down.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from leveling.world.words import Grade, Rank

OVERALL = "overall"  # stands where a gate's name stands, for the trials drawn from several gates


def trial_key(gate: str, rank: Rank) -> str:
    """The text under which a trial or a promotion is kept, such as `tensors:D`."""
    return f"{gate}:{rank.value}"


def split_trial_key(key: str) -> tuple[str, Rank]:
    """The gate and the rank of a `trial_key`.

    Raises:
        ValueError: when the text has no known rank behind a colon.
    """
    gate, _, rank = key.rpartition(":")
    return gate, Rank(rank)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A text that the learner set and may set again; of two, the later one holds."""

    value: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Measured:
    """One gate of a clear: `value` against `limit`, both in `unit`. A sealed gate has no value."""

    gate: str
    device: str
    status: str
    value: float | None
    limit: float
    unit: str


@dataclass(frozen=True, slots=True)
class Clear:
    """One clear, with the evidence that a third party needs to judge it again.

    `hints` is how many had been taken by then. `unaided` is false when the reference had been revealed and the file not
    begun anew from blank since: such a clear opens what lies behind, but earns neither XP nor rank.
    `rank` is that of the quest when it was cleared, so that what was earned stays when content changes or a pack goes.
    """

    grade: Grade
    rank: Rank
    at: datetime
    day: date
    seed: int = 0
    device: str = "cpu"
    seconds: float = 0.0
    hints: int = 0
    unaided: bool = True
    gates: tuple[Measured, ...] = ()
    content: str = ""
    solution: str = ""


@dataclass(frozen=True, slots=True)
class QuestRecord:
    """What happened in one quest. `seconds` is time spent before the first clear; `hints` the numbers of those taken.

    `clears` holds at most one for each pair of grade and unaidedness, in the order of `leveling.world.merging.tidy`.
    """

    attempts: int = 0
    failures: int = 0
    started: datetime | None = None
    seconds: float = 0.0
    hints: frozenset[int] = frozenset()
    revealed_at: datetime | None = None
    restarted_at: datetime | None = None
    clears: tuple[Clear, ...] = ()
    first_clear: date | None = None
    last_clear: date | None = None
    note: Chosen | None = None
    learnings: Chosen | None = None

    @property
    def is_cleared(self) -> bool:
        """Whether it was ever cleared, aided or not."""
        return bool(self.clears)

    @property
    def best(self) -> Clear | None:
        """The unaided clear of the highest grade; without one, the best aided one; None before any."""
        return max(self.clears, key=lambda clear: (clear.unaided, clear.grade.level, -clear.hints), default=None)

    @property
    def counts(self) -> bool:
        """Whether a clear is the learner's own, so that it may count for rank and XP."""
        return any(clear.unaided for clear in self.clears)

    @property
    def is_aided(self) -> bool:
        """Whether a clear now would be an aided one: revealed before any own clear, and not begun anew since."""
        if self.revealed_at is None or self.counts:
            return False
        return self.restarted_at is None or self.restarted_at <= self.revealed_at

    @property
    def solved_again(self) -> bool:
        """Whether the reference was revealed and the quest solved from a blank file afterwards."""
        return self.revealed_at is not None and self.counts

    @property
    def echo(self) -> str:
        """Content hash of the solution that becomes the echo: that of the best clear; empty before any."""
        return self.best.solution if self.best else ""


@dataclass(frozen=True, slots=True)
class Sitting:
    """One try at a trial: what was drawn, until when, and what came of it. Rules in `leveling.world.trials`."""

    started: datetime
    seed: int
    tasks: tuple[str, ...]
    minutes: int
    submissions: Mapping[str, int] = field(default_factory=dict)
    cleared: frozenset[str] = frozenset()
    given_up: bool = False

    @property
    def deadline(self) -> datetime:
        """The instant after which no submission counts. The clock runs while the app is closed."""
        return self.started + timedelta(minutes=self.minutes)

    @property
    def is_passed(self) -> bool:
        """Whether every task was cleared."""
        return self.cleared.issuperset(self.tasks)


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """A trial's tries, its last sitting, and the first one that was seen to pass it."""

    tries: int = 0
    sitting: Sitting | None = None
    first_pass: Sitting | None = None

    @property
    def passed(self) -> Sitting | None:
        """The sitting that passed the trial, also one of which two windows cleared a part each; None before any."""
        last = self.sitting if self.sitting is not None and self.sitting.is_passed else None
        return self.first_pass or last


@dataclass(frozen=True, slots=True)
class DrillMemory:
    """How well one function is remembered, in the terms of spaced repetition (days of stability, difficulty 1 to 10)."""

    due: datetime
    last: datetime
    stability: float = 0.0
    difficulty: float = 0.0
    phase: int = 1
    reviews: int = 0
    lapses: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """A hunter's whole history.

    `quests` by quest id; `trials` by `trial_key`; `drills` by `quest id#function`; `days` gives for each active day how
    many due drills were recalled on it; `rests` are Mondays of weeks declared free, also afterwards; `promotions` gives
    by `trial_key` the day on which a rank was reached, so that no later content takes it away; `placement` is by gate the
    rank that the learner said to have, where a first trial begins; `choices` are texts that may change (`hunter`, `path`,
    `free_roam`, `title`).
    """

    created: date
    choices: Mapping[str, Chosen] = field(default_factory=dict)
    quests: Mapping[str, QuestRecord] = field(default_factory=dict)
    trials: Mapping[str, TrialRecord] = field(default_factory=dict)
    drills: Mapping[str, DrillMemory] = field(default_factory=dict)
    days: Mapping[date, int] = field(default_factory=dict)
    rests: frozenset[date] = frozenset()
    promotions: Mapping[str, date] = field(default_factory=dict)
    placement: Mapping[str, Chosen] = field(default_factory=dict)

    @property
    def hunter(self) -> str:
        """The learner's chosen name; empty before one is chosen."""
        return self._choice("hunter")

    @property
    def path(self) -> str:
        """The chosen path's name; empty for none."""
        return self._choice("path")

    @property
    def free_roam(self) -> bool:
        """Whether locked quests may be tried; rank still needs the chain."""
        return self._choice("free_roam") == "on"

    def _choice(self, key: str) -> str:
        found = self.choices.get(key)
        return found.value if found else ""

    def quest(self, name: str) -> QuestRecord:
        """What happened in a quest; nothing yet for one never begun."""
        return self.quests.get(name, NEVER_BEGUN)

    def trial(self, gate: str, rank: Rank) -> TrialRecord:
        """What happened in a trial; nothing yet for one never tried."""
        return self.trials.get(trial_key(gate, rank), NEVER_TRIED)

    def passed(self, gate: str) -> frozenset[Rank]:
        """The ranks whose trial was passed in a gate (or `OVERALL`)."""
        return frozenset(rank for rank in Rank if self.trial(gate, rank).passed is not None)


NEVER_BEGUN = QuestRecord()
NEVER_TRIED = TrialRecord()
