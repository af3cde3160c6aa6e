"""XP: a measure of effort. It buys nothing, and no rank depends on it."""

from dataclasses import dataclass

from leveling.world.record import OVERALL, Clear, QuestRecord, Record, split_trial_key
from leveling.world.tables import (
    DRILLS_A_DAY,
    HINT_COST,
    HINT_COST_CAP,
    SHARE_OF_GRADE,
    TRIAL_SHARE,
    XP_OF_DRILL,
    XP_OF_RANK,
)
from leveling.world.words import Grade, Rank


@dataclass(frozen=True, slots=True)
class Slice:
    """What a quest can give: `full` at grade S without hints, `hint` what the next hint costs, `left` after those taken."""

    full: int
    hint: int
    left: int
    is_forfeited: bool


def worth(rank: Rank, grade: Grade, hints: int = 0) -> int:
    """XP of one clear after `hints` hints."""
    percent = 100 - min(max(hints, 0) * HINT_COST, HINT_COST_CAP)
    return XP_OF_RANK[rank] * SHARE_OF_GRADE[grade] * percent // 10_000


def xp_of_clear(clear: Clear) -> int:
    """XP of one clear; nothing for one made with the revealed reference at hand."""
    return worth(clear.rank, clear.grade, clear.hints) if clear.unaided else 0


def xp_of_quest(known: QuestRecord) -> int:
    """XP of a quest: that of its most valuable clear, so that a better grade later gives the difference, a repeat nothing."""
    return max((xp_of_clear(clear) for clear in known.clears), default=0)


def xp_of_trials(record: Record) -> int:
    """XP of the trials passed, each once; one of several gates counts twice."""
    total = 0
    for key, known in record.trials.items():
        if known.passed is not None:
            gate, rank = split_trial_key(key)
            total += XP_OF_RANK[rank] * TRIAL_SHARE // 100 * (2 if gate == OVERALL else 1)
    return total


def xp_of_drills(record: Record) -> int:
    """XP of due drills recalled: a little, at most so many a day."""
    return XP_OF_DRILL * sum(min(max(count, 0), DRILLS_A_DAY) for count in record.days.values())


def total_xp(record: Record) -> int:
    """All XP of a record; never negative, never less after more has happened."""
    return sum(map(xp_of_quest, record.quests.values())) + xp_of_trials(record) + xp_of_drills(record)


def offered(rank: Rank, known: QuestRecord) -> Slice:
    """What a quest of this rank can still give, before it is attempted: for its screen and before a hint is taken."""
    hints = len(known.hints)
    left = worth(rank, Grade.S, hints)
    hint = 0 if known.counts else left - worth(rank, Grade.S, hints + 1)
    return Slice(XP_OF_RANK[rank], hint, left, known.is_aided)
