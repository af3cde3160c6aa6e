"""`leveling hint ID`: the next hint."""

import argparse

from leveling.cli.quests import Subparsers, open_catalog
from leveling.cli.terminal import paint, say
from leveling.play.hints import hints_of
from leveling.play.trouble import Trouble


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling hint ID [NUMBER]`."""
    parser = commands.add_parser("hint", help="a hint: first the concept, then the shape, then the plan")
    parser.add_argument("id", metavar="ID")
    parser.add_argument("number", metavar="NUMBER", nargs="?", type=int, default=1, help="which one; 1 is the gentlest")


def run(options: argparse.Namespace) -> int:
    """Print one hint and say how many there are."""
    catalog = open_catalog(options)
    quest = catalog.quest(catalog.find(options.id))
    hints = hints_of(quest)
    if not hints:
        raise Trouble(f"{quest.id} has no hints: its questions explain themselves after the answer")
    if not 1 <= options.number <= len(hints):
        raise Trouble(f"{quest.id} has the hints 1 to {len(hints)}")
    say(paint(f"Hint {options.number} of {len(hints)}", "bold"))
    say(hints[options.number - 1])
    if options.number < len(hints):
        say(paint(f"\nThe next: leveling hint {quest.id} {options.number + 1}", "dim"))
    return 0
