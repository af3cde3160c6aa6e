"""`leveling dungeons`: the projects of several floors, and how far you have come in each."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from leveling.cli import terminal
from leveling.cli.quests import Subparsers, open_game
from leveling.cli.terminal import mark, paint, rank_mark, say, wrapped
from leveling.play.trouble import Trouble
from leveling.world.dungeon import Climb, FloorState, Paper, title_on_map

if TYPE_CHECKING:
    from leveling.play.game import Game

SIGNS = {FloorState.CLEARED: "passed", FloorState.OPEN: "noisy", FloorState.CLOSED: "skipped"}


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling dungeons [ID] [--json]`."""
    parser = commands.add_parser("dungeons", help="projects of several floors that run your own earlier code")
    parser.add_argument("id", metavar="ID", nargs="?", help="the map of one, such as tensors/ray-caster")
    parser.add_argument("--json", action="store_true", help="one JSON array; with ID one JSON object")


def run(options: argparse.Namespace) -> int:
    """Print all dungeons, or the map of one. Faulty ones are named on stderr and do not hide the others."""
    game = open_game(options)
    if options.id is not None:
        found = game.catalog.find(options.id)
        if not game.catalog.is_dungeon(found):
            raise Trouble(f"{found} is no dungeon. All of them: leveling dungeons")
        climbed = game.climb(found)
        if options.json:
            say(json.dumps(_plain(climbed)))
        else:
            _print_map(game, climbed)
        return 0
    climbs = game.climbs()
    if options.json:
        say(json.dumps([_plain(each) for each in climbs]))
    else:
        _print_all(climbs)
    for fault in game.catalog.faults:
        terminal.complain(str(fault))
    return 2 if game.catalog.faults else 0


def show(options: argparse.Namespace, dungeon_id: str) -> int:
    """A dungeon's brief and map, for `leveling show`."""
    from leveling.cli.show import print_brief

    game = open_game(options)
    climbed = game.climb(dungeon_id)
    print_brief((climbed.dungeon.folder / "brief.md").read_text(encoding="utf-8"))
    say()
    _print_map(game, climbed)
    return 0


def _print_all(climbs: list[Climb]) -> None:
    if not climbs:
        say("No pack has a dungeon.")
        return
    longest = max(len(each.dungeon.id) for each in climbs)
    for each in climbs:
        floors = f"{each.cleared} of {len(each.states)} floors"
        grade = f", grade {each.grade}" if each.grade else ""
        say(
            f"  {rank_mark(each.dungeon.rank)}  {each.dungeon.id:<{longest}}  {each.dungeon.title}  {paint(floors + grade, 'dim')}"
        )
    say(paint("\nThe map of one: leveling dungeons ID", "dim"))


def _print_map(game: "Game", climbed: Climb) -> None:
    dungeon = climbed.dungeon
    say(f"{rank_mark(dungeon.rank)}  {paint(dungeon.title, 'bold')}   {paint(dungeon.id, 'dim')}")
    say(wrapped(dungeon.builds))
    if dungeon.data:
        say(wrapped(f"Data: {dungeon.data}"))
    if dungeon.paper is not None:
        _print_paper(dungeon.paper)
    say()
    for number, (floor, state, grade) in enumerate(
        zip(dungeon.floors, climbed.states, climbed.grades, strict=True), start=1
    ):
        quest = game.catalog.quest(floor)
        boss = "boss, " if floor == dungeon.boss else ""
        about = f"{boss}{state}{f', grade {grade}' if grade else ''}, about {quest.minutes} min"
        say(f"  {mark(SIGNS[state])} {number}  {title_on_map(quest.title)}  {paint(f'{floor}, {about}', 'dim')}")
    if dungeon.echoes:
        missing = [name for name in dungeon.echoes if name in climbed.missing]
        say(wrapped(f"Made for your echoes of {', '.join(dungeon.echoes)}.") if not missing else _not_yet(missing))
    say()
    if climbed.is_done:
        say(f"Every floor is cleared, grade {climbed.grade}. Judge the boss again: leveling attempt {dungeon.boss}")
    else:
        say(f"Read on:  leveling show {climbed.next}")
        say(f"Begin it: leveling start {climbed.next}")


def _not_yet(missing: list[str]) -> str:
    return wrapped(
        f"It goes better with your echoes of {', '.join(missing)}, not cleared yet; you may also write those parts anew."
    )


def _print_paper(paper: Paper) -> None:
    say(wrapped(f"Paper: {paper.title}. {paper.objective}"))
    for title, lines in (("You learn", paper.key_learnings), ("Further", paper.extensions)):
        if lines:
            say(wrapped(f"{title}: {' '.join(lines)}", "  "))
    say(wrapped(f"Focus: {paper.focus}", "  "))


def _plain(climbed: Climb) -> dict[str, Any]:
    dungeon = climbed.dungeon
    floors = [
        {"id": floor, "state": state.value, "grade": grade.value if grade else None}
        for floor, state, grade in zip(dungeon.floors, climbed.states, climbed.grades, strict=True)
    ]
    return {
        "id": dungeon.id,
        "title": dungeon.title,
        "rank": dungeon.rank.value,
        "builds": dungeon.builds,
        "data": dungeon.data,
        "echoes": list(dungeon.echoes),
        "missing": list(climbed.missing),
        "floors": floors,
        "grade": climbed.grade.value if climbed.grade else None,
    }
