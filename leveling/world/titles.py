"""Titles: names earned by facts. They are worn, not spent, and none is ever lost."""

from collections.abc import Callable
from dataclasses import dataclass

from leveling.world.tables import LONG_STREAKS, MANY_CLEARS, S_GRADES
from leveling.world.words import Rank


@dataclass(frozen=True, slots=True)
class Deeds:
    """The facts that titles look at; each only ever grows.

    `gates` is the number of gates with a counting clear, `gate_levels` the level of the rank in each ranked gate,
    `perfect` counts quests at grade S, `unhinted` those cleared without a hint, `returned` those solved again from a
    blank file after a reveal, `stubborn` the most failures before any clear.
    """

    clears: int
    gates: int
    gate_levels: tuple[int, ...]
    overall: int
    perfect: int
    unhinted: int
    returned: int
    stubborn: int
    best_streak: int
    trials: int
    recalled: int


@dataclass(frozen=True, slots=True)
class Title:
    """A title's name and the deed that earns it, as a sentence's end: "for ..."."""

    name: str
    deed: str
    is_earned: Callable[[Deeds], bool]


def _clears(count: int) -> Callable[[Deeds], bool]:
    return lambda deeds: deeds.clears >= count


def _perfect(count: int) -> Callable[[Deeds], bool]:
    return lambda deeds: deeds.perfect >= count


def _weeks(count: int) -> Callable[[Deeds], bool]:
    return lambda deeds: deeds.best_streak >= count


def _gates_at(rank: Rank, count: int) -> Callable[[Deeds], bool]:
    return lambda deeds: sum(level >= rank.level for level in deeds.gate_levels) >= count


TITLES = (
    Title("First Spark", "the first quest cleared", _clears(MANY_CLEARS[0])),
    Title("Steady Hand", f"{MANY_CLEARS[1]} quests cleared", _clears(MANY_CLEARS[1])),
    Title("Lamplighter", f"{MANY_CLEARS[2]} quests cleared", _clears(MANY_CLEARS[2])),
    Title("Cartographer", f"{MANY_CLEARS[3]} quests cleared", _clears(MANY_CLEARS[3])),
    Title("Wayfarer", "a quest cleared in each of five gates", lambda deeds: deeds.gates >= 5),
    Title("Gatewalker", "a quest cleared in each of ten gates", lambda deeds: deeds.gates >= 10),
    Title("Keeper of a Gate", "rank C in a gate", _gates_at(Rank.C, 1)),
    Title("Keeper of Five Gates", "rank C in five gates", _gates_at(Rank.C, 5)),
    Title("Deep Diver", "rank A in a gate", _gates_at(Rank.A, 1)),
    Title("Summit Light", "rank S in a gate", _gates_at(Rank.S, 1)),
    Title("Constellation", "rank S in four gates", _gates_at(Rank.S, 4)),
    Title("Ahead of the Reference", "a quest cleared at grade S", _perfect(S_GRADES[0])),
    Title("Fine Tuner", f"{S_GRADES[1]} quests cleared at grade S", _perfect(S_GRADES[1])),
    Title("Cycle Miser", f"{S_GRADES[2]} quests cleared at grade S", _perfect(S_GRADES[2])),
    Title("Own Lantern", "25 quests cleared without a hint", lambda deeds: deeds.unhinted >= 25),
    Title("Blank Page", "a revealed quest solved again from nothing", lambda deeds: deeds.returned >= 1),
    Title("Unbent", "a quest cleared after ten attempts that were not", lambda deeds: deeds.stubborn >= 10),
    Title("Month of Weeks", f"{LONG_STREAKS[0]} weeks in a row", _weeks(LONG_STREAKS[0])),
    Title("Quarter Turn", f"{LONG_STREAKS[1]} weeks in a row", _weeks(LONG_STREAKS[1])),
    Title("Half Orbit", f"{LONG_STREAKS[2]} weeks in a row", _weeks(LONG_STREAKS[2])),
    Title("Full Orbit", f"{LONG_STREAKS[3]} weeks in a row", _weeks(LONG_STREAKS[3])),
    Title("Proven", "a trial passed", lambda deeds: deeds.trials >= 1),
    Title("Many Times Proven", "ten trials passed", lambda deeds: deeds.trials >= 10),
    Title("Long Memory", "100 drills recalled when they were due", lambda deeds: deeds.recalled >= 100),
    Title("Gradient Sage", "rank A overall", lambda deeds: deeds.overall >= Rank.A.level),
    Title("Polymath of the Grid", "rank S overall", lambda deeds: deeds.overall >= Rank.S.level),
)


def earned(deeds: Deeds) -> tuple[Title, ...]:
    """Every title that these deeds earn, in the order of the table."""
    return tuple(title for title in TITLES if title.is_earned(deeds))
