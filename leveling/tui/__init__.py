"""The app. The only room that knows Textual; it decides nothing and calls `leveling.play`."""

import argparse


def run(options: argparse.Namespace) -> int:
    """Open the app and stay until the hunter leaves; returns the exit status. Nothing that it started outlives it."""
    from leveling.catalog import Catalog, find_packs
    from leveling.play.game import Game
    from leveling.play.settings_file import slot
    from leveling.saving import SaveTrouble, Store
    from leveling.tui.app import LevelingApp

    try:
        store = Store(slot())
    except SaveTrouble as trouble:
        from leveling.play.trouble import Trouble

        raise Trouble(str(trouble)) from trouble
    app = LevelingApp(Game(Catalog(find_packs(options.pack)), store))
    try:
        app.run()
    finally:
        app.warmth.close()
    return app.return_code or 0
