"""A real game on a small pack, an app without a judge, and what its screen shows as text."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.play.game import Game
from leveling.tui.app import LevelingApp

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def game(pack):
    """Three quests in two gates; the second of `tiny` needs the first."""
    pack.quest()
    pack.quest("tiny/column-sums", toml=named("Column sums", "D"), more_toml='needs = ["tiny/row-sums"]\n')
    pack.quest("other/means", toml=named("Means of rows", "E"))
    return Game(Catalog([Pack("pack", pack.root / "quests")]), clock=lambda: NOON)


def named(title, rank):
    from tests.conftest import QUEST_TOML

    head, _, _ = QUEST_TOML.partition("[wrong")
    return head.replace("Row sums", title).replace('rank = "E"', f'rank = "{rank}"')


@pytest.fixture
def hunter(game):
    """A game that was played before, so that no first questions are asked."""
    game.choose("hunter", "Ada")
    return game


def screen_of(app):
    """What the terminal would show, line by line."""
    return "\n".join(
        "".join(segment.text for segment in strip).rstrip() for strip in app.screen._compositor.render_strips()
    )


async def settled(pilot):
    """Until nothing works in the background and everything is drawn."""
    for _ in range(2):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()


class Player:
    """Presses keys and reads the screen."""

    def __init__(self, pilot):
        self.pilot = pilot
        self.app = pilot.app

    async def press(self, *keys):
        for key in keys:
            await self.pilot.press(key)
            await settled(self.pilot)
        return self.shown

    @property
    def shown(self):
        return screen_of(self.app)

    @property
    def place(self):
        return type(self.app.screen).__name__


@pytest.fixture
def play():
    """Run the app: `play(game, ["enter"], size, check)`; `check` gets the player and may be a coroutine."""

    @asynccontextmanager
    async def opened(game, size):
        app = LevelingApp(game, warm=False)
        async with app.run_test(size=size) as pilot:
            await settled(pilot)
            yield Player(pilot)

    def run(game, check, size=(80, 24)):
        async def whole():
            async with opened(game, size) as player:
                await check(player)

        asyncio.run(whole())

    return run
