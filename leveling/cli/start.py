"""`leveling start ID`: write the learner's file."""

import argparse
from pathlib import Path

from leveling.cli.quests import Subparsers, open_game
from leveling.cli.terminal import say


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling start ID [--dir DIR]`."""
    parser = commands.add_parser("start", help="write the file in which you solve a quest")
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--dir", metavar="DIR", type=Path, help="where the folder of its gate lies or is made")


def run(options: argparse.Namespace) -> int:
    """Print the path, alone on its line, so that `$EDITOR $(leveling start ID)` works; the rest goes to stderr."""
    import sys

    game = open_game(options)
    quest = game.named(options.id)
    begun = game.begin(quest, options.dir)
    say(str(begun.path))
    where = "" if options.dir is None else f" {begun.path}"
    door = game.door(quest.id)
    if door is not None and door.reason:
        print(door.reason, file=sys.stderr)  # noqa: T201 - a note beside the path
    note = "Judge it with:" if begun.written else "Your file was there already and is untouched. Judge it with:"
    print(f"{note} leveling attempt {quest.id}{where}", file=sys.stderr)  # noqa: T201 - a note beside the path
    return 0
