"""`leveling attempt ID [FILE]`: judge, once or at every save."""

import argparse
import json
from pathlib import Path

from leveling.cli import reporting
from leveling.cli.quests import Subparsers, open_game
from leveling.judge.client import JudgeClient
from leveling.play import settings_file, solutions
from leveling.play.attempting import Stopped
from leveling.play.game import Game
from leveling.play.settling import Settled
from leveling.play.trouble import Trouble
from leveling.world.quest import Quest
from leveling.world.words import Kind, Verdict


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling attempt ID [FILE] [--device auto|cpu|cuda] [--json] [--no-save] [--watch]`."""
    parser = commands.add_parser("attempt", help="judge your file, or take a quiz")
    parser.add_argument("id", metavar="ID")
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="your file; without it the one that `start` wrote"
    )
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        help="auto: checks on the CPU, gates on every device here (the default, unless the settings name another)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--no-save", action="store_true", help="judge without recording anything")
    parser.add_argument("--watch", action="store_true", help="judge again whenever the file is saved; Ctrl-C ends it")
    parser.add_argument("--seed", type=int, help="draw the inputs of an earlier attempt again")


def run(options: argparse.Namespace) -> int:
    """Exit status: 0 cleared, 1 not cleared, 2 something has to be put right first, 3 the judge failed."""
    game = open_game(options)
    quest = game.named(options.id)
    with JudgeClient() as client:
        if quest.kind is Kind.QUIZ:
            from leveling.cli import quiz

            return quiz.take(game, quest, client, options)
        path = options.file or solutions.path_of(quest)
        if options.watch:
            from leveling.cli import watching

            return watching.watch(game, quest, path, client, options)
        return judge_once(game, quest, path, client, options)


def judge_once(game: Game, quest: Quest, path: Path, client: JudgeClient, options: argparse.Namespace) -> int:
    """Judge, print, and return the exit status."""
    # read once: the file may be saved meanwhile, and the coach is to speak of the lines that were judged
    source = solutions.read(path, quest.id)
    report = reporting.Report(quest, path, as_json=options.json, source=source)
    settled: Settled | None = None
    events = game.attempt(
        quest,
        path,
        client,
        device=options.device or settings_file.device(),
        seed=options.seed,
        save=not options.no_save,
        source=source,
    )
    try:
        for event in reporting.with_clock(events, report):
            if isinstance(event, Stopped):
                return 130
            report.tell(event)
            if isinstance(event, Settled):
                settled = event
    finally:
        report.close()
    if settled is None:
        raise Trouble("the judge gave no verdict; `leveling doctor` tells what works on this machine")
    if options.json:
        print(json.dumps(reporting.as_json(settled)))  # noqa: T201 - the one object
    return exit_status(settled.judgement.verdict)


def exit_status(verdict: Verdict) -> int:
    """0 cleared, 3 our fault, else 1."""
    return {Verdict.CLEARED: 0, Verdict.JUDGE_FAULT: 3}.get(verdict, 1)
