"""`leveling daily`: today's drills."""

import argparse
import json

from leveling.cli import reporting
from leveling.cli.quests import Subparsers, open_game
from leveling.cli.terminal import say
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Judgement
from leveling.play import dailies
from leveling.play.dailies import Drill
from leveling.play.game import Game
from leveling.play.trouble import Trouble
from leveling.world.words import Verdict


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling daily [DRILL] [--give-up] [--json]`."""
    parser = commands.add_parser("daily", help="small functions you knew once: at most five, when they are due")
    parser.add_argument(
        "drill", metavar="DRILL", nargs="?", help="judge this one, such as tensors/creation-drills#filled"
    )
    parser.add_argument("--give-up", action="store_true", help="show how it goes; it comes back soon")
    parser.add_argument("--tries", metavar="N", type=int, default=1, help="how many tries it took")
    parser.add_argument("--json", action="store_true", help="one JSON array or object")


def run(options: argparse.Namespace) -> int:
    """List the due drills with their files, or judge one of them."""
    game = open_game(options)
    due = dailies.due(game)
    if options.drill is None:
        return _list(due, options)
    drill = next((each for each in due if options.drill in {each.id, each.function}), None)
    if drill is None:
        raise Trouble(f"{options.drill} is not due today; `leveling daily` lists what is")
    if options.give_up:
        dailies.recalled(game, drill, 1, knew=False)
        say((drill.quest.folder / "reference.py").read_text(encoding="utf-8"))
        return 1
    return _judge(game, drill, options)


def _list(due: list[Drill], options: argparse.Namespace) -> int:
    begun = [(drill, dailies.begin(drill)) for drill in due]
    if options.json:
        say(json.dumps([{"drill": drill.id, "file": str(each.path)} for drill, each in begun]))
        return 0
    if not due:
        say("Nothing is due today. Missed days cost nothing: what is due comes when you do.")
    for drill, each in begun:
        say(f"{drill.id}\n  {each.path}\n  leveling daily {drill.id}")
    return 0


def _judge(game: Game, drill: Drill, options: argparse.Namespace) -> int:
    from leveling.cli.attempt import exit_status

    dailies.begin(drill)
    report = reporting.Report(drill.quest, drill.path, as_json=options.json)
    verdict = Verdict.JUDGE_FAULT
    with JudgeClient() as client:
        try:
            for event in reporting.with_clock(dailies.attempt(game, drill, client, options.tries), report):
                report.tell(event)
                if isinstance(event, Judgement):
                    verdict = event.verdict
        finally:
            report.close()
    if options.json:
        say(json.dumps({"drill": drill.id, "verdict": verdict}))
    elif verdict is Verdict.CLEARED:
        say(f"Comes back on {game.record.drills[drill.id].due.astimezone():%Y-%m-%d}.")
    return exit_status(verdict)
