"""`leveling quests`: the board."""

import argparse
import itertools
import json
from typing import TYPE_CHECKING

from leveling.catalog import Catalog, find_packs
from leveling.cli import terminal
from leveling.cli.terminal import paint, rank_mark, say
from leveling.play.trouble import Trouble
from leveling.world.card import Card
from leveling.world.words import Rank

if TYPE_CHECKING:
    from leveling.play.game import Game

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse offers no public name for what add_subparsers returns


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling quests [--gate G] [--rank R] [--json]`."""
    parser = commands.add_parser("quests", help="what there is, by gate and rank")
    parser.add_argument("--gate", metavar="G", help="only this topic, such as tensors")
    parser.add_argument(
        "--rank", metavar="R", type=str.upper, choices=[rank.value for rank in Rank], help="only E, D, C, B, A or S"
    )
    parser.add_argument("--json", action="store_true", help="one JSON array")


def open_catalog(options: argparse.Namespace) -> Catalog:
    """The packs of this run; also takes note of --plain, as every command begins here."""
    terminal.be_plain(plain=options.plain)
    return Catalog(find_packs(options.pack))


def open_game(options: argparse.Namespace) -> "Game":
    """The catalog of this run joined with the save."""
    from leveling.play.game import Game  # a list needs none of it

    return Game(open_catalog(options))


def run(options: argparse.Namespace, *, welcome: bool = False) -> int:
    """Print the board. Faulty quests are named on stderr and do not hide the others."""
    catalog = open_catalog(options)
    if options.gate is not None and options.gate not in catalog.gates():
        raise Trouble(f"there is no gate {options.gate!r}; there are: {', '.join(catalog.gates()) or 'none'}")
    cards = [card for card in catalog.cards(options.gate) if options.rank in (None, card.rank)]
    if options.json:
        say(json.dumps([_plain(card) for card in cards]))
    else:
        _print_board(cards)
    for fault in catalog.faults:
        terminal.complain(str(fault))
    if welcome and cards:
        _welcome(cards)
    return 2 if catalog.faults else 0


def _print_board(cards: list[Card]) -> None:
    if not cards:
        say("No quest fits. All of them: leveling quests")
    longest = max((len(card.id) for card in cards), default=0)
    for gate, group in itertools.groupby(cards, key=lambda card: card.gate):
        say(paint(gate, "bold"))
        for card in group:
            note = f"  ({card.extra})" if card.extra else ""
            room = max(10, terminal.width(120) - longest - 24)
            title = card.title if len(card.title) <= room else f"{card.title[: room - 3]}..."
            say(
                f"  {rank_mark(card.rank)}  {card.id:<{longest}}  {title}{paint(f'  {card.kind}, {card.minutes} min', 'dim')}{note}"
            )


def _welcome(cards: list[Card]) -> None:
    first = min(cards, key=lambda card: (card.rank.level, len(card.needs), card.minutes))
    say()
    say(f"Read one:   leveling show {first.id}")
    say(f"Begin it:   leveling start {first.id}")
    say(f"Judge it:   leveling attempt {first.id}")


def _plain(card: Card) -> dict[str, object]:
    return {
        "id": card.id,
        "title": card.title,
        "gate": card.gate,
        "rank": card.rank,
        "kind": card.kind,
        "minutes": card.minutes,
        "learns": card.learns,
        "needs": card.needs,
        "packages": card.packages,
        "gates": [{"gate": kind, "device": device} for kind, device in card.gates],
        "pack": card.pack,
    }
