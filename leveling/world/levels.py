"""Levels: XP read on a curve that is quick at first and slow later."""

from dataclasses import dataclass

from leveling.world.tables import LEVEL_CURVE, TOP_LEVEL, XP_OF_LEVEL_TWO


@dataclass(frozen=True, slots=True)
class LevelStanding:
    """The level, XP since it was reached (`into`), and XP from it to the next (`span`; 0 at the top)."""

    level: int
    into: int
    span: int


def xp_of_level(level: int) -> int:
    """XP at which a level is reached; 0 for level 1."""
    return round(float(XP_OF_LEVEL_TWO * (level - 1) ** LEVEL_CURVE))


THRESHOLDS = tuple(xp_of_level(level) for level in range(1, TOP_LEVEL + 1))


def level_standing(xp: int) -> LevelStanding:
    """The level that so much XP makes.

    Raises:
        ValueError: for less than no XP.
    """
    if xp < 0:
        raise ValueError(f"XP is never negative, and this is {xp}")
    level = sum(threshold <= xp for threshold in THRESHOLDS)
    reached = THRESHOLDS[level - 1]
    return LevelStanding(level, xp - reached, THRESHOLDS[level] - reached if level < TOP_LEVEL else 0)
