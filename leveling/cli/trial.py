"""`leveling trial GATE RANK`: a promotion trial."""

import argparse
import json

from leveling.cli import reporting
from leveling.cli.quests import Subparsers, open_game
from leveling.cli.terminal import mark, paint, say
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Judgement
from leveling.play import trialling
from leveling.play.game import Game
from leveling.play.trialling import Table
from leveling.play.trouble import Trouble
from leveling.world.record import OVERALL
from leveling.world.words import Rank, Verdict


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling trial GATE RANK [--submit TASK] [--look] [--give-up] [--json]`."""
    parser = commands.add_parser("trial", help="prove a rank: tasks from blank files, against the clock")
    parser.add_argument("gate", metavar="GATE", help=f"a topic, or {OVERALL}")
    parser.add_argument("rank", metavar="RANK", type=str.upper, choices=[rank.value for rank in Rank])
    parser.add_argument("--look", action="store_true", help="show how it stands without beginning one")
    parser.add_argument("--submit", metavar="TASK", help="have a task judged; each has few submissions")
    parser.add_argument("--give-up", action="store_true", help="leave the sitting that runs")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(options: argparse.Namespace) -> int:
    """Sit down or go on; with --submit judge one task. Exit status 0 when the trial is passed or runs, else 1."""
    game = open_game(options)
    rank = Rank(options.rank)
    if options.gate != OVERALL and options.gate not in game.catalog.gates():
        raise Trouble(f"there is no gate {options.gate!r}; there are: {', '.join([*game.catalog.gates(), OVERALL])}")
    if options.submit:
        return _submit(game, rank, options)
    if options.give_up:
        table: Table | None = trialling.give_up(game, options.gate, rank)
    elif options.look:
        table = trialling.look(game, options.gate, rank)
    else:
        table = trialling.sit_down(game, options.gate, rank)
    if table is None:
        say(f"This trial was not tried yet. Begin: leveling trial {options.gate} {rank}")
        return 0
    _print(table, as_json=options.json)
    return 0 if table.outcome in ("running", "passed") else 1


def _submit(game: Game, rank: Rank, options: argparse.Namespace) -> int:
    from leveling.cli.attempt import exit_status

    task = game.catalog.find(options.submit)
    report = reporting.Report(game.catalog.quest(task), game.catalog.quest(task).folder, as_json=options.json)
    verdict = Verdict.JUDGE_FAULT
    with JudgeClient() as client:
        try:
            events = trialling.submit(game, options.gate, rank, task, client)
            for event in reporting.with_clock(events, report):
                report.tell(event)
                if isinstance(event, Judgement):
                    verdict = event.verdict
        finally:
            report.close()
    table = trialling.look(game, options.gate, rank)
    if table is not None:
        _print(table, as_json=options.json)
    return exit_status(verdict)


def _print(table: Table, *, as_json: bool) -> None:
    if as_json:
        tasks = [
            {"quest": each.quest, "file": str(each.path), "cleared": each.cleared, "left": each.left}
            for each in table.tasks
        ]
        facts = {
            "gate": table.gate,
            "rank": table.rank,
            "outcome": table.outcome,
            "seconds_left": int(table.seconds_left),
        }
        say(json.dumps({**facts, "tasks": tasks}))
        return
    minutes = f", {table.seconds_left / 60:.0f} minutes left" if table.outcome == "running" else ""
    say(paint(f"Trial {table.gate} {table.rank}: {table.outcome.value.replace('_', ' ')}{minutes}", "bold"))
    for each in table.tasks:
        say(
            f"  {mark('passed' if each.cleared else 'skipped')} {each.quest}   {each.left} submissions left\n      {each.path}"
        )
    if table.outcome == "running":
        say(f"\nJudge one: leveling trial {table.gate} {table.rank} --submit TASK")
