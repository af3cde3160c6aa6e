"""`leveling choose WHAT VALUE`: the hunter's name, the path, a title, free roam, where to begin in a gate, a week off."""

import argparse
from datetime import date

from leveling.cli.quests import Subparsers, open_game
from leveling.cli.terminal import say
from leveling.play.game import Game
from leveling.play.trouble import Trouble
from leveling.world import changes
from leveling.world.placement import placement
from leveling.world.streaks import monday_of
from leveling.world.words import Rank

LONGEST_NAME = 200


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling choose hunter|path|title|free-roam|place|rest VALUE...`."""
    parser = commands.add_parser("choose", help="your name, your path, where to begin, a week off")
    things = parser.add_subparsers(dest="thing", metavar="hunter|path|title|free-roam|place|rest", required=True)
    things.add_parser("hunter", help="the name on your status window").add_argument("value", metavar="NAME")
    things.add_parser("path", help="the route you follow; `leveling paths` lists them").add_argument(
        "value", metavar="PATH"
    )
    things.add_parser("title", help="one of the titles you earned").add_argument("value", metavar="TITLE")
    roam = things.add_parser("free-roam", help="try locked quests too; rank still needs the chain")
    roam.add_argument("value", metavar="on|off", choices=("on", "off"))
    place = things.add_parser("place", help="say where you stand in a gate; a trial then proves it")
    place.add_argument("gate", metavar="GATE")
    place.add_argument("value", metavar="RANK", type=str.upper, choices=[rank.value for rank in Rank])
    rest = things.add_parser("rest", help="declare a week free, also afterwards: it breaks no streak")
    rest.add_argument(
        "value", metavar="DAY", nargs="?", type=date.fromisoformat, help="a day of that week, as 2026-11-21"
    )


def run(options: argparse.Namespace) -> int:
    """Set the one thing and say what follows."""
    game = open_game(options)
    match options.thing:
        case "place":
            _place(game, options)
        case "rest":
            monday = monday_of(options.value or game.today())
            game.change(lambda record: changes.rested(record, monday))
            say(f"The week from {monday} is free.")
        case _:
            game.choose(options.thing.replace("-", "_"), _checked(game, options.thing, options.value))
    return 0


def _checked(game: Game, thing: str, value: str) -> str:
    from leveling.catalog.paths import UnknownPath

    if thing == "path":
        try:
            return game.catalog.path(value).id
        except UnknownPath as unknown:
            raise Trouble(str(unknown)) from unknown
    if thing == "title":
        earned = [title.name for title in game.standing().titles]
        if value not in earned:
            raise Trouble(f"{value!r} is no title of yours; you have: {', '.join(earned) or 'none yet'}")
    text = " ".join(value.split())
    if not text or len(text) > LONGEST_NAME:
        raise Trouble(f"a {thing} has 1 to {LONGEST_NAME} characters")
    return text


def _place(game: Game, options: argparse.Namespace) -> None:
    if options.gate not in game.catalog.gates():
        raise Trouble(f"there is no gate {options.gate!r}; there are: {', '.join(game.catalog.gates())}")
    game.change(lambda record: changes.placed(record, options.gate, Rank(options.value), game.clock()))
    proposed = placement(game.record, game.board, options.gate, game.clock())
    say(proposed.reason)
    if proposed.next:
        say(f"Prove it: leveling trial {options.gate} {proposed.next}")
