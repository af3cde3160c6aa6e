"""`leveling status`: the status window as lines."""

import argparse
import json
from typing import Any

from leveling.cli import terminal
from leveling.cli.quests import Subparsers, open_game
from leveling.cli.terminal import paint, rank_mark, say
from leveling.world.standing import Standing


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling status [--json]`."""
    parser = commands.add_parser("status", help="rank, XP, streak, and what to do next")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(options: argparse.Namespace) -> int:
    """Print where the hunter stands."""
    standing = open_game(options).standing()
    if options.json:
        say(json.dumps(_plain(standing)))
        return 0
    rank = rank_mark(standing.overall.rank) if standing.overall.rank else paint("unranked", "dim")
    say(f"{paint(standing.hunter or 'Hunter', 'bold')}   rank {rank}   level {standing.level.level}   {standing.xp} XP")
    say(
        f"{standing.cleared} of {standing.on_offer} quests cleared"
        + (f", {standing.sealed} sealed here" if standing.sealed else "")
    )
    week = f"{standing.streak.days} of {standing.streak.goal} days this week"
    say(f"streak {standing.streak.weeks} weeks, {week}, {standing.streak.freezes} freezes")
    if standing.titles:
        say("titles " + ", ".join(title.name for title in standing.titles))
    _gates(standing)
    if standing.overall.next and standing.overall.remaining:
        say(f"\nFor rank {rank_mark(standing.overall.next)}: " + "; ".join(map(str, standing.overall.remaining)))
    if standing.advice:
        say(paint("\nNext", "bold"))
        for advice in standing.advice:
            say(terminal.wrapped(f"{advice.target}: {advice.reason}", "  "))
    return 0


def _gates(standing: Standing) -> None:
    say()
    entered = {
        name: gate for name, gate in standing.gates.items() if gate.rank or any(each.have for each in gate.requirements)
    }
    longest = max(map(len, entered), default=0)
    for name, gate in entered.items():
        rank = rank_mark(gate.rank) if gate.rank else paint("-", "dim")
        missing = "; ".join(map(str, gate.remaining))
        wish = f"for {gate.next}: {missing}" if gate.next and missing else ""
        say(f"  {rank}  {name:<{longest}}  {paint(wish, 'dim')}".rstrip())
    others = [name for name in standing.gates if name not in entered]
    if others:
        say(terminal.wrapped(f"not entered yet: {', '.join(others)}", "  "))


def _plain(standing: Standing) -> dict[str, Any]:
    return {
        "hunter": standing.hunter,
        "rank": standing.overall.rank,
        "xp": standing.xp,
        "level": standing.level.level,
        "cleared": standing.cleared,
        "on_offer": standing.on_offer,
        "sealed": standing.sealed,
        "streak": {"weeks": standing.streak.weeks, "days": standing.streak.days, "freezes": standing.streak.freezes},
        "titles": [title.name for title in standing.titles],
        "gates": {
            name: {"rank": gate.rank, "next": gate.next, "remaining": list(map(str, gate.remaining))}
            for name, gate in standing.gates.items()
        },
        "due": list(standing.due),
        "next": [{"do": each.deed, "target": each.target, "reason": each.reason} for each in standing.advice],
    }
