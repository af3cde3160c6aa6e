"""Daily drills, judged for real."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from leveling.judge.protocol import CheckResult, Judgement
from leveling.tui.screens.daily import DailyScreen
from leveling.world.words import CheckStatus, Grade, Verdict
from tests.conftest import QUEST_TOML
from tests.judging import RIGHT, WRONG
from tests.tui.judging_app import game_of, opened, text_of, until

DRILL_CHECKS = '''
from leveling.checks import Check, Draw


class SumsRows(Check):
    """Sums every row."""

    part = "row_sums"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5))

    def probe(self, solution, x):
        return solution.row_sums(x)


class SumsAll(Check):
    """Sums everything."""

    part = "total"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5))

    def probe(self, solution, x):
        return solution.total(x)
'''
STARTER = "import torch\n\n\ndef row_sums(x):\n    raise NotImplementedError\n\n\ndef total(x):\n    raise NotImplementedError\n"
REFERENCE = RIGHT + "\n\ndef total(x):\n    return x.sum()\n"


@pytest.fixture
def due(pack):
    """A game in which two functions are due."""
    toml = QUEST_TOML.replace('kind = "quest"', 'kind = "drills"').replace('"matches-reference"', '"sums-rows"')
    folder = pack.quest(toml=toml, checks=DRILL_CHECKS, reference=REFERENCE)
    (folder / "starter.py").write_text(STARTER)
    game = game_of(pack.root)
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    game.clock = lambda: now - timedelta(days=30)
    quest = game.catalog.quest("tiny/row-sums")
    parts = tuple(CheckResult(name, CheckStatus.PASSED, part=name) for name in ("row_sums", "total"))
    game.settle(quest, Judgement(quest.id, Verdict.CLEARED, "", parts, grade=Grade.A))
    game.clock = lambda: now
    return game


def test_a_drill_is_judged_at_every_save_until_it_is_known(due):
    """Wrong first, then right: it says when it comes back, and the tries were counted."""

    async def play():
        async with opened(due, lambda: DailyScreen(due)) as (app, pilot):
            screen = app.screen
            await until(pilot, lambda: "2 left" in text_of(app) and screen.file_watch.began.is_set())
            drill = next(each for each in screen.drills if each.function == "row_sums")
            drill.path.write_text(WRONG)
            await until(pilot, lambda: "WRONG" in text_of(app) and screen.tries.get(drill.id) == 1)
            drill.path.write_text(RIGHT)
            await until(pilot, lambda: "known; comes back on" in text_of(app))
            assert "1 left" in text_of(app)

    asyncio.run(play())
    assert due.record.drills["tiny/row-sums#row_sums"].due > due.clock()


def test_giving_up_shows_the_one_function_and_asks_first(due):
    """Nothing else of the reference is shown."""

    async def play():
        async with opened(due, lambda: DailyScreen(due)) as (app, pilot):
            await until(pilot, lambda: "2 left" in text_of(app))
            function = app.screen.chosen.function
            other = {"row_sums": "total", "total": "row_sums"}[function]
            await pilot.press("x")
            await until(pilot, lambda: "comes back soon" in " ".join(text_of(app).split()))
            await pilot.press("y")
            await until(pilot, lambda: f"def {function}" in text_of(app))
            assert f"def {other}" not in text_of(app)

    asyncio.run(play())


def test_nothing_due_is_a_good_answer(pack):
    """An empty day says so and blames nobody."""
    pack.quest()
    game = game_of(pack.root)

    async def play():
        async with opened(game, lambda: DailyScreen(game)) as (app, pilot):
            await until(pilot, lambda: "Nothing is due today" in text_of(app))

    asyncio.run(play())
