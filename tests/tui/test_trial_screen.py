"""A promotion trial, judged for real."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from leveling.tui.screens.rank_up import RankUpScreen
from leveling.tui.screens.trial import TrialScreen
from leveling.world.trials import Outcome
from leveling.world.words import Rank
from tests.conftest import QUEST_TOML
from tests.judging import RIGHT, WRONG
from tests.tui.judging_app import game_of, opened, text_of, until


@pytest.fixture
def game(pack):
    """A gate with one quest of rank D: its trial has one task."""
    pack.quest(toml=QUEST_TOML.replace('rank = "E"', 'rank = "D"'))
    game = game_of(pack.root)
    game.now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    game.clock = lambda: game.now
    return game


def test_a_trial_is_begun_failed_once_and_passed(game):
    """The clock shows, a wrong submission is told and costs one, a right one passes and brings the rank."""

    async def play():
        async with opened(game, lambda: TrialScreen(game, "tiny", Rank.D)) as (app, pilot):
            screen = app.screen
            await until(pilot, lambda: "enter begins" in text_of(app))
            await pilot.press("enter")
            await until(pilot, lambda: "submissions left" in text_of(app) and ":" in text_of(app))
            left = screen.chosen.left
            assert "left" in text_of(app).splitlines()[1]
            screen.path.write_text(WRONG)
            await pilot.press("s")
            await until(pilot, lambda: "WRONG" in text_of(app) and screen.chosen.left == left - 1)
            screen.path.write_text(RIGHT)
            await pilot.press("s")
            await until(pilot, lambda: isinstance(app.screen, RankUpScreen))
            await pilot.press("enter")
            await until(pilot, lambda: "Passed: every task is cleared." in text_of(app))

    asyncio.run(play())


def test_a_sitting_goes_on_where_it_was_left_and_ends_with_its_time(game):
    """Leaving the screen does not stop the clock; after the deadline it says so."""

    async def play():
        async with opened(game, lambda: TrialScreen(game, "tiny", Rank.D)) as (app, pilot):
            await until(pilot, lambda: "enter begins" in text_of(app))
            await pilot.press("enter")
            await until(pilot, lambda: "submissions left" in text_of(app))
            await pilot.press("escape")
            app.push_screen(TrialScreen(game, "tiny", Rank.D))
            await until(pilot, lambda: isinstance(app.screen, TrialScreen) and app.screen.runs)
            game.now += timedelta(days=1)
            app.screen.ends_at = 0.0
            await until(pilot, lambda: "Time is up" in text_of(app))
            assert app.screen.table.outcome is Outcome.OUT_OF_TIME

    asyncio.run(play())


def test_giving_up_asks_first(game):
    """A stray key ends no sitting."""

    async def play():
        async with opened(game, lambda: TrialScreen(game, "tiny", Rank.D)) as (app, pilot):
            screen = app.screen
            await until(pilot, lambda: "enter begins" in text_of(app))
            await pilot.press("enter")
            await until(pilot, lambda: screen.runs)
            await pilot.press("x")
            await pilot.press("n")
            await until(pilot, lambda: app.screen is screen)
            assert screen.runs
            await pilot.press("x")
            await pilot.press("y")
            await until(pilot, lambda: "What you cleared stays cleared" in text_of(app))

    asyncio.run(play())
