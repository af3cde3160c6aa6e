"""Streaks in weeks, kind to the absent: freezes hold them by themselves, and a week may be declared free afterwards.

A week counts when it has enough active days. An idle week takes one freeze if there is one; without, a new run begins
with the next week that counts. A week declared free neither adds nor takes. The present week never breaks a run.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from leveling.world.tables import DAYS_A_WEEK, MOST_FREEZES, WEEKS_A_FREEZE

WEEK = timedelta(days=7)
MOST_SAVED = MOST_FREEZES * WEEKS_A_FREEZE + WEEKS_A_FREEZE - 1  # three freezes and the next one nearly earned


@dataclass(frozen=True, slots=True)
class Streak:
    """`weeks` of the present run, the `best` run ever, freezes in hand, and active days of the present week of `goal`."""

    weeks: int
    best: int
    freezes: int
    days: int
    goal: int = DAYS_A_WEEK

    @property
    def is_kept(self) -> bool:
        """Whether the present week counts already."""
        return self.days >= self.goal


def monday_of(day: date) -> date:
    """The day that names the week."""
    return day - timedelta(days=day.weekday())


def streak(days: Collection[date], today: date, rests: Collection[date] = ()) -> Streak:
    """The streak as of today. Days in the future (a clock set wrong) wait until they come."""
    counts: dict[date, int] = {}
    for day in set(days):
        if day <= today:
            monday = monday_of(day)
            counts[monday] = counts.get(monday, 0) + 1
    present = monday_of(today)
    free = frozenset(rests)
    weeks = best = saved = 0
    monday = min(counts, default=present)
    while monday <= present:
        if counts.get(monday, 0) >= DAYS_A_WEEK:
            weeks, saved = weeks + 1, min(saved + 1, MOST_SAVED)
        elif monday != present and monday not in free:
            # A break forgets what was saved: otherwise a day more could cost a freeze that is needed later.
            weeks, saved = (weeks, saved - WEEKS_A_FREEZE) if saved >= WEEKS_A_FREEZE else (0, 0)
        best = max(best, weeks)
        monday += WEEK
    return Streak(weeks, best, saved // WEEKS_A_FREEZE, counts.get(present, 0))
