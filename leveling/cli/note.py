"""`leveling note ID [TEXT]`: keep a thought with a quest."""

import argparse

from leveling.cli.quests import Subparsers, open_game
from leveling.cli.terminal import paint, say


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling note ID [TEXT] [--learnt]`."""
    parser = commands.add_parser("note", help="write down a thought, or what a quest taught you")
    parser.add_argument("id", metavar="ID")
    parser.add_argument("text", metavar="TEXT", nargs="?", help="without it what was written is shown")
    parser.add_argument("--learnt", action="store_true", help="what you learnt: it goes into the portfolio")


def run(options: argparse.Namespace) -> int:
    """Keep the text, or show what is kept."""
    game = open_game(options)
    quest_id = game.catalog.find(options.id)
    if options.text is not None:
        game.write_note(quest_id, options.text, learnt=options.learnt)
        return 0
    known = game.known(quest_id)
    for title, kept in (("Note", known.note), ("Learnt", known.learnings)):
        if kept is not None:
            say(f"{paint(title, 'bold')}  {kept.value}")
    return 0
