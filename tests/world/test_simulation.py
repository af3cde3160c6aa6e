"""Simulated learners: the table of thresholds does what it promises on a board of full size."""

from dataclasses import replace

import pytest

from leveling.world.simulation import LEARNERS, Learner, Row, simulate
from leveling.world.synthetic import SIZES, full_board
from leveling.world.tables import XP_OF_RANK
from leveling.world.words import Rank

BOARD = full_board()
BY_NAME = {learner.name: learner for learner in LEARNERS}


def live(learner: Learner, days: int = 70) -> list[Row]:
    """Long days, so that few of them make a year's work."""
    return simulate(replace(learner, minutes_a_day=900), BOARD, days, every=14)


@pytest.mark.parametrize("name", ["steady", "without extras"])
def test_whoever_does_everything_reaches_the_top(name):
    """With a GPU and every package, and with neither: rank S overall."""
    assert live(BY_NAME[name])[-1].overall is Rank.S


def test_a_farmer_stays_at_rank_e():
    """However many hours go into quests of rank E: rank E, and hardly any XP."""
    rows = live(BY_NAME["farmer"], 42)
    steady = live(BY_NAME["steady"], 14)
    assert rows[-1].overall is Rank.E and not any(rows[-1].gates[1:])
    all_of_e = sum(XP_OF_RANK[Rank.E] for card in BOARD if card.rank is Rank.E)
    assert rows[-1].xp <= all_of_e < steady[-1].xp


def test_hints_and_reveals_slow_down_and_do_not_shut_out():
    """Taking every hint reaches less XP with the same hours, and still a rank above D."""
    helped, steady = live(BY_NAME["hint-taker"], 42)[-1], live(BY_NAME["steady"], 42)[-1]
    assert helped.xp < steady.xp
    assert helped.overall is not None and helped.overall.level > Rank.D.level


def test_a_month_away_costs_nothing():
    """Nothing is lower after the absence than before it."""
    rows = live(replace(BY_NAME["returning"], away=range(15, 43)), 42)
    assert rows[0].xp == rows[1].xp == rows[-1].xp and rows[0].gates == rows[-1].gates


def test_haste_is_slower():
    """Jumping to the highest open quest and its trials gives a lower rank overall than going up, in the same time."""
    hasty, steady = live(BY_NAME["hasty"], 42)[-1], live(BY_NAME["steady"], 42)[-1]
    assert hasty.overall is None or (steady.overall is not None and hasty.overall.level < steady.overall.level)


def test_the_board_is_as_large_as_the_plan():
    """Thirteen gates, several hundred quests, ids unique, every need on the board."""
    ids = {card.id for card in BOARD}
    assert len(ids) == len(BOARD) > 350 and len(SIZES) == 13
    assert all(need in ids for card in BOARD for need in card.needs)
