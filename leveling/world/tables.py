"""The one table of thresholds. Whoever wants the game easier or harder changes it here and nowhere else."""

from types import MappingProxyType
from typing import Final

from leveling.world.words import Grade, Rank

# ------------------------------------------------------------ XP: effort

XP_OF_RANK: Final = MappingProxyType(
    {Rank.E: 30, Rank.D: 90, Rank.C: 270, Rank.B: 810, Rank.A: 2430, Rank.S: 7290}  # threefold a rank
)
SHARE_OF_GRADE: Final = MappingProxyType({Grade.C: 70, Grade.B: 80, Grade.A: 90, Grade.S: 100})  # percent of the above
HINT_COST: Final = 10  # percent of the quest's XP, each
HINT_COST_CAP: Final = 40  # percent: the fifth hint and all later ones cost nothing
XP_OF_DRILL: Final = 5  # for one function that was due and was recalled
DRILLS_A_DAY: Final = 5  # both the most that are offered and the most that give XP
TRIAL_SHARE: Final = 200  # percent of the rank's XP for a trial passed, once

# ------------------------------------------------------------ rank: evidence

SHARE_OF_GATE: Final = MappingProxyType(  # percent of a gate's quests of that rank
    {Rank.E: 75, Rank.D: 70, Rank.C: 60, Rank.B: 50, Rank.A: 50, Rank.S: 50}
)
CLEARS_IN_GATE: Final = MappingProxyType(  # distinct clears of any rank up to that one, however one got there
    {Rank.E: 1, Rank.D: 2, Rank.C: 4, Rank.B: 6, Rank.A: 8, Rank.S: 10}
)
GATES_OF_RANK: Final = MappingProxyType(  # gates at that rank or higher for the same rank overall
    {Rank.E: 1, Rank.D: 3, Rank.C: 5, Rank.B: 5, Rank.A: 5, Rank.S: 4}
)
LOWEST_TRIAL: Final = Rank.D  # rank E is entered without a trial

# ------------------------------------------------------------ trials

TASKS_OF_GATE_TRIAL: Final = 2
TASKS_OF_OVERALL_TRIAL: Final = 3  # each from another gate
SUBMISSIONS_A_TASK: Final = 3
TRIAL_MINUTES: Final = 100  # percent of the minutes its quests are said to take
SHORTEST_TRIAL: Final = 20  # minutes
HOURS_BETWEEN_TRIES: Final = 12  # after a trial that was not passed: time to learn, not a punishment

# ------------------------------------------------------------ levels and streaks

TOP_LEVEL: Final = 100
XP_OF_LEVEL_TWO: Final = 30  # what one quest of rank E can give
LEVEL_CURVE: Final = 2.05  # XP of level n grows with (n - 1) to this power

DAYS_A_WEEK: Final = 2  # active days that make a week count
WEEKS_A_FREEZE: Final = 3  # weeks kept that earn one freeze
MOST_FREEZES: Final = 3

# ------------------------------------------------------------ titles

LONG_STREAKS: Final = (4, 12, 26, 52)  # weeks
S_GRADES: Final = (1, 10, 50)
MANY_CLEARS: Final = (1, 25, 100, 300)
