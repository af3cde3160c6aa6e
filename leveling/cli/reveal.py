"""`leveling reveal ID`: the reference."""

import argparse

from leveling.cli.quests import Subparsers, open_game
from leveling.cli.terminal import complain, say
from leveling.play.trouble import Trouble
from leveling.world.words import Kind


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling reveal ID [--yes]`."""
    parser = commands.add_parser("reveal", help="show the reference and give up this quest's XP for now")
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> int:
    """Print the reference after a question, or at once with --yes."""
    import sys

    game = open_game(options)
    quest = game.named(options.id)
    if quest.kind is Kind.QUIZ:
        raise Trouble(f"{quest.id} is a quiz: it tells every answer after you have given yours")
    if not options.yes and not game.known(quest.id).counts and not (sys.stdin.isatty() and _agreed()):
        complain("nothing was shown. To show it: leveling reveal " + quest.id + " --yes")
        return 2
    say(game.reveal(quest).rstrip())
    return 0


def _agreed() -> bool:
    question = "This shows the answer; you then solve the quest again from a blank file to earn its XP. Show it? [y/N] "
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        return False
