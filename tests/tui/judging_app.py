"""An app around one screen, with a real judge; waiting for what comes instead of for time."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.play.game import Game
from leveling.tui import themes
from leveling.tui.judging import Warmth

LONGEST_WAIT = 60.0


class JudgingApp(App[None]):
    """Shows the screen that `make` makes."""

    CSS_PATH = str(Path(themes.__file__).with_name("app.tcss"))

    def __init__(self, game: Game, make: Callable[[], Screen[Any]]) -> None:
        super().__init__()
        self.game, self.make = game, make
        self.warmth = Warmth()
        self.edits = 0
        self.shown: list[str] = []
        for theme in themes.OURS:
            self.register_theme(theme)
        self.theme = themes.DEFAULT

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """As the app."""
        return themes.FALLBACKS

    def on_mount(self) -> None:
        """Straight to the screen under test."""
        self.push_screen(self.make())

    def on_unmount(self) -> None:
        """As the app."""
        self.warmth.close()

    def show_quest(self, quest_id: str) -> None:
        """Note where the learner was sent."""
        self.shown.append(quest_id)


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
    strips = app.screen._compositor.render_strips()  # noqa: SLF001 - Textual offers no public dump of the cells
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
