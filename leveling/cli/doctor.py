"""`leveling doctor`: what works on this machine."""

import argparse
import json

from leveling.cli.quests import Subparsers, open_catalog
from leveling.cli.terminal import mark, paint, say
from leveling.play.doctoring import examine_machine


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling doctor [--json]`."""
    parser = commands.add_parser("doctor", help="what works on this machine, and what is missing")
    parser.add_argument("--json", action="store_true", help="one JSON array")


def run(options: argparse.Namespace) -> int:
    """Print one line for each thing examined; 2 when something that is needed does not work."""
    catalog = open_catalog(options)
    found = []
    for each in examine_machine(catalog):
        found.append(each)
        if not options.json:
            sign = mark({"good": "passed", "bad": "failed", "absent": "sealed"}[each.state])
            say(f"{sign} {paint(f'{each.what:<14}', 'bold')} {each.found}")
            if each.advice:
                say(f"  {'':<14} {each.advice}")
    if options.json:
        fields = ("what", "state", "found", "advice")
        say(json.dumps([{name: getattr(each, name) for name in fields} for each in found]))
    return 2 if any(each.state == "bad" for each in found) else 0
