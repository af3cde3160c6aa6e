"""`leveling hint ID`: the next hint."""

import argparse

from leveling.cli.quests import Subparsers, open_game
from leveling.cli.terminal import paint, say


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling hint ID [NUMBER]`."""
    parser = commands.add_parser("hint", help="a hint: first the concept, then the shape, then the plan")
    parser.add_argument("id", metavar="ID")
    parser.add_argument(
        "number", metavar="NUMBER", nargs="?", type=int, help="read an earlier one again, free of charge"
    )


def run(options: argparse.Namespace) -> int:
    """Print the next hint, what it cost, and what the one after it would cost."""
    game = open_game(options)
    quest = game.named(options.id)
    shown = game.hint(quest, options.number)
    cost = f", {shown.cost} XP of this quest" if shown.cost else ""
    say(paint(f"Hint {shown.number} of {shown.of}{cost}", "bold"))
    say(shown.text)
    left = game.offered(quest)
    if shown.number < shown.of and left.hint:
        say(paint(f"\nThe next costs {left.hint} of the {left.left} XP left: leveling hint {quest.id}", "dim"))
    return 0
