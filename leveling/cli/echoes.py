"""`leveling echoes`: what you cleared and may import again."""

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from leveling.cli.quests import Subparsers, open_game
from leveling.cli.terminal import paint, say, wrapped

if TYPE_CHECKING:
    from leveling.play.shelf import Shelved


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling echoes [--json]`, `leveling echoes swap ID [HASH]`."""
    parser = commands.add_parser("echoes", help="your cleared solutions, to import in later quests")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    actions = parser.add_subparsers(dest="action", metavar="swap")
    swap = actions.add_parser("swap", help="let another of your clears of a quest be its echo")
    swap.add_argument("id", metavar="ID")
    swap.add_argument("solution", metavar="HASH", nargs="?", default="", help="the beginning of its hash")


def run(options: argparse.Namespace) -> int:
    """List them, or swap one."""
    from leveling.play import shelf

    game = open_game(options)
    if options.action == "swap":
        quest = game.catalog.quest(game.catalog.find(options.id))
        _tell(shelf.swap(game, quest, options.solution))
        return 0
    found = shelf.shelf(game)
    if options.json:
        say(json.dumps({"echoes": [{**asdict(each), "module": each.module} for each in found]}, default=str))
        return 0
    if not found:
        say("No echoes yet. Clear a quest, and its solution can be imported in later ones.")
        return 0
    for each in found:
        _tell(each)
    say(
        paint(
            "In a solution:  from echoes.GATE import NAME   or, where two share a name,  from MODULE import NAME", "dim"
        )
    )
    return 0


def _tell(each: "Shelved") -> None:
    origin = "borrowed: the reference" if each.is_borrowed else f"cleared {each.cleared}, grade {each.grade}"
    say(f"{paint(each.module, 'bold')}  {paint(origin, 'dim')}")
    say(wrapped(", ".join(each.names) or "(no names in its signature)", "  "))
    say(wrapped(each.says, "  "))
    if each.used_by:
        say(wrapped(f"used by {', '.join(each.used_by)}", "  "))
    if each.others:
        listed = ", ".join(digest[:8] for digest in each.others)
        say(wrapped(f"another clear may take its place: leveling echoes swap {each.quest} ({listed})", "  "))
