"""An app around one screen, with a real judge; waiting for what comes instead of for time."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.play.game import Game
from leveling.tui.app import LevelingApp

LONGEST_WAIT = 30.0


@contextlib.asynccontextmanager
async def opened(
    game: Game, screen: Callable[[], Screen[Any]], size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[LevelingApp, Pilot[None]]]:
    """The app with a screen pushed; the judge starts when it is first needed."""
    app = LevelingApp(game, warm=False)
    async with app.run_test(size=size) as pilot:
        app.push_screen(screen())
        await pilot.pause()
        yield app, pilot


def game_of(*roots: Path) -> Game:
    """A game on packs."""
    return Game(Catalog([Pack("p", root / "quests") for root in roots]))


async def until(pilot: Pilot[Any], holds: Callable[[], bool]) -> None:
    """Let the app work until `holds`; fails with the screen's text when it never does."""
    deadline = time.monotonic() + LONGEST_WAIT
    while not holds():
        await pilot.pause(0.02)
        assert time.monotonic() < deadline, text_of(pilot.app)
    await pilot.pause()


def text_of(app: App[Any]) -> str:
    """What the screen shows, as lines of text."""
    strips = app.screen._compositor.render_strips()  # Textual offers no public dump of the cells
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
