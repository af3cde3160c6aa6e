"""`leveling portfolio export DIR`: a folder that is ready to be a repository."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from leveling.cli.quests import Subparsers, open_game
from leveling.cli.terminal import say
from leveling.play.portfolio import LICENCES, Written, export


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling portfolio export DIR [--licence mit|apache-2.0|cc-by-4.0|none] [--json]`."""
    parser = commands.add_parser("portfolio", help="show what you cleared, as a folder for a repository")
    actions = parser.add_subparsers(dest="action", metavar="export", required=True)
    action = actions.add_parser("export", help="write it, or bring it up to date; your own files are never touched")
    action.add_argument("folder", metavar="DIR", type=Path)
    action.add_argument("--licence", choices=LICENCES, help="without it that of the last export, and at first none")
    action.add_argument("--json", action="store_true", help="one JSON object")


def run(options: argparse.Namespace) -> int:
    """Write it and say what was done; status 0 also when files of the learner's own were left alone."""
    contents, written = export(open_game(options), options.folder, options.licence)
    if options.json:
        say(json.dumps({"folder": str(options.folder), "works": len(contents.works), **asdict(written)}))
        return 0
    say(f"{options.folder / 'README.md'}")
    say(f"{contents.shown}; {_counted(written)}")
    for name in written.edited:
        say(f"left alone, because you changed it: {name}")
    for name in written.foreign:
        say(f"left alone, because it is your own: {name}")
    if written.edited or written.foreign:
        say("To have one of them made anew, move it away and export again.")
    return 0


def _counted(written: Written) -> str:
    counts = {
        "new": written.new,
        "brought up to date": written.changed,
        "as they were": written.same,
        "removed": written.removed,
    }
    return ", ".join(f"{len(names)} files {what}" for what, names in counts.items() if names) or "no file written"
