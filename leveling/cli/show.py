"""`leveling show ID`: the brief."""

import argparse

from leveling.cli import terminal
from leveling.cli.quests import Subparsers, open_catalog
from leveling.cli.terminal import paint, rank_mark, say
from leveling.play.limits_in_words import gate_in_words
from leveling.world.quest import Quest


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling show ID`."""
    parser = commands.add_parser("show", help="the brief of a quest, a floor or a dungeon")
    parser.add_argument("id", metavar="ID", help="such as tensors/creation-drills")


def run(options: argparse.Namespace) -> int:
    """Print what the quest is, what it demands and its brief."""
    catalog = open_catalog(options)
    found = catalog.find(options.id)
    if catalog.is_dungeon(found):
        from leveling.cli import dungeons

        return dungeons.show(options, found)
    quest = catalog.quest(found)
    about = f"{quest.id}, {quest.kind}, about {quest.minutes} minutes"
    say(f"{rank_mark(quest.rank)}  {paint(quest.title, 'bold')}   {paint(about, 'dim')}")
    say(terminal.wrapped(quest.learns))
    for title, lines in _facts(quest):
        say(f"\n{paint(title, 'bold')}")
        for line in lines:
            say(f"  {line}")
    say()
    print_brief((quest.folder / "brief.md").read_text(encoding="utf-8"))
    say(f"\nBegin: leveling start {quest.id}" if quest.kind != "quiz" else f"\nTake it: leveling attempt {quest.id}")
    return 0


def _facts(quest: Quest) -> list[tuple[str, list[str]]]:
    forbidden = [f"{each.name}{f': {each.why}' if each.why else ''}" for each in quest.forbid]
    facts = [
        ("Signature", list(quest.signature)),
        ("Gates", [gate_in_words(gate) for gate in quest.gates]),
        ("Not allowed", forbidden),
        ("Comes after", list(quest.needs)),
        ("Needs", [f"{', '.join(quest.packages)}: pip install 'leveling[{quest.extra}]'"] if quest.packages else []),
    ]
    return [(title, lines) for title, lines in facts if lines]


def print_brief(text: str) -> None:
    """A brief: laid out on a terminal with colour, as it is written elsewhere."""
    import sys

    if not terminal.has_colour(sys.stdout):
        say(text.strip())
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(width=terminal.width()).print(Markdown(text))
