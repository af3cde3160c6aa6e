"""What a certificate rests on, taken from a record: quests cleared unaided, trials passed, hours. Nothing else leaves it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from leveling.world.record import OVERALL, Clear, Measured, QuestRecord, Record, split_trial_key, trial_key
from leveling.world.words import Grade, Rank


class Of(StrEnum):
    """What is certified."""

    OVERALL = "overall"
    GATE = "gate"
    PATH = "path"


@dataclass(frozen=True, slots=True)
class QuestEvidence:
    """One quest's best unaided clear. `solution` is empty for a quiz, which has no file; `seconds` led to the first clear."""

    quest: str
    title: str
    rank: Rank
    grade: Grade
    at: datetime
    day: date
    content: str
    solution: str
    seed: int
    device: str
    hints: int
    seconds: float
    gates: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True)
class TrialEvidence:
    """One trial passed: `where` is a gate or `overall`."""

    where: str
    rank: Rank
    started: datetime
    minutes: int
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """The board on which the rank was reached, so that another machine can lay out the same one."""

    version: str
    packs: tuple[str, ...] = ("leveling",)
    missing: tuple[str, ...] = ()
    has_cuda: bool = False


@dataclass(frozen=True, slots=True)
class Achievement:
    """What one hunter achieved. `where` is the gate or the path's id, `title` what a person reads.

    `rank` is None for a path; `reached` the day on which the rank was recorded, None when that is not known.
    """

    hunter: str
    of: Of
    where: str
    title: str
    rank: Rank | None
    reached: date | None
    quests: tuple[QuestEvidence, ...]
    trials: tuple[TrialEvidence, ...]
    rules: Rules
    promises: str = field(default="")

    @property
    def hours(self) -> float:
        """Time spent on the quests up to their first clears."""
        return sum(quest.seconds for quest in self.quests) / 3600

    @property
    def first(self) -> datetime:
        """The instant of the earliest clear in the evidence."""
        return min(quest.at for quest in self.quests)

    @property
    def last(self) -> datetime:
        """The instant of the latest clear in the evidence: the date of the certificate."""
        return max(quest.at for quest in self.quests)


def quests_of(
    record: Record, titles: Mapping[str, str], wanted: Callable[[str], bool] = lambda _: True
) -> tuple[QuestEvidence, ...]:
    """The wanted quests that were cleared unaided, in the order of their ids. `titles` by id; a gone quest keeps its id."""
    found = []
    for name, known in sorted(record.quests.items()):
        best = known.best
        if wanted(name) and known.counts and best is not None:
            found.append(_of_quest(name, titles.get(name, name), known, best))
    return tuple(found)


def trials_of(record: Record, wanted: Callable[[str], bool] = lambda _: True) -> tuple[TrialEvidence, ...]:
    """The trials passed in the wanted gates (or `overall`)."""
    found = []
    for key, trial in sorted(record.trials.items()):
        where, rank = split_trial_key(key)
        if trial.passed is not None and wanted(where):
            passed = trial.passed
            found.append(TrialEvidence(where, rank, passed.started, passed.minutes, passed.tasks))
    return tuple(found)


def reached_on(record: Record, where: str, rank: Rank) -> date | None:
    """The day on which a rank was recorded; `where` is a gate or `overall`."""
    return record.promotions.get(trial_key(where or OVERALL, rank))


def _of_quest(name: str, title: str, known: QuestRecord, best: Clear) -> QuestEvidence:
    return QuestEvidence(
        quest=name,
        title=title,
        rank=best.rank,
        grade=best.grade,
        at=best.at,
        day=best.day,
        content=best.content,
        solution=best.solution,
        seed=best.seed,
        device=best.device,
        hints=best.hints,
        seconds=known.seconds,
        gates=best.gates,
    )
