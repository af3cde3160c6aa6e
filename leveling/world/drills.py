"""Which small functions come back today. At most five, and nobody is told how many others wait."""

from collections.abc import Collection
from datetime import date, datetime

from leveling.world.record import DrillMemory, Record
from leveling.world.tables import DRILLS_A_DAY

SECONDS_A_DAY = 86_400


def drill_id(quest: str, function: str) -> str:
    """The name under which one function of a drills quest is remembered."""
    return f"{quest}#{function}"


def split_drill_id(drill: str) -> tuple[str, str]:
    """The quest and the function of a `drill_id`."""
    quest, _, function = drill.partition("#")
    return quest, function


def due_drills(
    record: Record, now: datetime, today: date, known: Collection[str] | None = None, most: int = DRILLS_A_DAY
) -> tuple[str, ...]:
    """The drills to recall now, the most forgotten first, no more than are left of today's five.

    `known` are the quests that can be done here (None: all). What stays over today is weighed anew tomorrow: no debt.
    """
    left = max(0, most - record.days.get(today, 0))
    waiting = [
        (-_forgotten(memory, now), name)
        for name, memory in record.drills.items()
        if memory.due <= now and (known is None or split_drill_id(name)[0] in known)
    ]
    return tuple(name for _, name in sorted(waiting)[:left])


def _forgotten(memory: DrillMemory, now: datetime) -> float:
    """Time since the last recall as a multiple of the stability: what is barely held goes first."""
    days = (now - memory.last).total_seconds() / SECONDS_A_DAY
    return days / max(memory.stability, 0.1)
