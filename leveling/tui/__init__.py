"""The app. The only room that knows Textual; it decides nothing and calls `leveling.play`."""

import argparse


def run(options: argparse.Namespace) -> int:
    """Open the app and stay until the hunter leaves; returns the exit status. Nothing that it started outlives it."""
    import sys

    from leveling.catalog import Catalog, find_packs
    from leveling.catalog.faults import FaultyContent
    from leveling.play.game import Game
    from leveling.play.settings_file import slot
    from leveling.saving import SaveTrouble, Store
    from leveling.tui.app import LevelingApp

    try:
        app = LevelingApp(Game(Catalog(find_packs(options.pack)), Store(slot())))
    except (SaveTrouble, FaultyContent) as trouble:
        print(f"leveling: {trouble}", file=sys.stderr)  # noqa: T201 - there is no screen yet to show it on
        return 2
    try:
        app.run()
    finally:
        app.warmth.close()
    return app.return_code or 0
