"""The app. The only room that knows Textual; it decides nothing and calls `leveling.play`."""

import argparse
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leveling.play.game import Game


def run(options: argparse.Namespace) -> int:
    """Open the app and stay until the hunter leaves; returns the exit status. Nothing that it started outlives it."""
    from leveling.tui.app import LevelingApp

    opened = None
    if options.pack or os.environ.get("LEVELING_PACKS") or os.environ.get("LEVELING_SLOT"):
        opened = _checked(options)  # what was named by hand may be wrong: say so before a screen is drawn
        if opened is None:
            return 2
    app = LevelingApp(opened or (lambda: open_game(options)))
    try:
        app.run()
    finally:
        app.warmth.close()
    return app.return_code or 0


def open_game(options: argparse.Namespace) -> "Game":
    """The packs and the save of this run.

    Raises:
        FaultyContent: when a named folder is no pack.
        SaveTrouble: when the named save cannot have that name.
    """
    from leveling.catalog import Catalog, find_packs
    from leveling.play.game import Game
    from leveling.play.settings_file import slot
    from leveling.saving import Store

    return Game(Catalog(find_packs(options.pack)), Store(slot()))


def _checked(options: argparse.Namespace) -> "Game | None":
    import sys

    from leveling.catalog import FaultyContent
    from leveling.saving import SaveTrouble

    try:
        return open_game(options)
    except (SaveTrouble, FaultyContent) as trouble:
        print(f"leveling: {trouble}", file=sys.stderr)  # noqa: T201 - there is no screen yet to show it on
        return None
