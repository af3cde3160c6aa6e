"""Promotion trials: sit down, solve each task from blank in the time of the whole, submit a few times at most, come back later."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from leveling import places
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Judgement
from leveling.play import attempting, solutions
from leveling.play.attempting import Event
from leveling.play.echoing import refuse_echoes
from leveling.play.game import Game
from leveling.play.trouble import Trouble
from leveling.world import changes, trials
from leveling.world.record import Sitting
from leveling.world.trials import Outcome, TrialRefused
from leveling.world.words import Rank


@dataclass(frozen=True, slots=True)
class Task:
    """One task: the quest, where it is written, whether it is cleared in this trial, submissions left."""

    quest: str
    path: Path
    cleared: bool
    left: int


@dataclass(frozen=True, slots=True)
class Table:
    """A sitting as it stands: gate, rank, outcome, seconds left, tasks."""

    gate: str
    rank: Rank
    outcome: Outcome
    seconds_left: float
    tasks: tuple[Task, ...]


def look(game: Game, gate: str, rank: Rank) -> Table | None:
    """The last sitting of this trial; None before the first."""
    sitting = game.record.trial(gate, rank).sitting
    return None if sitting is None else _table(game, gate, rank, sitting)


def sit_down(game: Game, gate: str, rank: Rank) -> Table:
    """Begin a sitting, or go on with the one that runs. The clock runs from the first moment, also while the app is closed.

    Raises:
        Trouble: when there is no such trial, or the last try was not long enough ago.
    """
    now = game.clock()
    record = game.record
    running = record.trial(gate, rank).sitting
    if running is not None and trials.outcome(running, now) is Outcome.RUNNING:
        return _table(game, gate, rank, running)
    ready = trials.may_begin_at(record, gate, rank, now)
    if ready > now:
        raise Trouble(
            f"the trial {gate} {rank} may be tried again from {ready.astimezone():%Y-%m-%d %H:%M} on; meanwhile: leveling daily"
        )
    try:
        sitting = trials.begin(trials.draw(record, game.board, gate, rank, secrets.randbits(62)), now)
    except TrialRefused as refused:
        raise Trouble(str(refused)) from refused
    _lay_out(game, gate, rank, sitting)
    game.change(lambda kept: changes.sat(kept, gate, rank, sitting))
    return _table(game, gate, rank, sitting)


def submit(
    game: Game, gate: str, rank: Rank, task: str, client: JudgeClient, path: Path | None = None
) -> Iterator[Event]:
    """Judge one task and record the submission. A fault of ours is no submission.

    Raises:
        Trouble: when no sitting runs, the task is none of it, or nothing can be saved.
    """
    sitting = game.record.trial(gate, rank).sitting
    if sitting is None:
        raise Trouble(f"no sitting runs; begin one: leveling trial {gate} {rank}")
    sent = game.clock()
    _demand(sitting, task, game)
    quest = game.catalog.quest(task)
    source = solutions.read(path or _path(gate, rank, sitting, task), task)
    refuse_echoes(source, "a trial")
    for event in attempting.judge_source(quest, source, "trial.py", client):
        yield event
        if isinstance(event, Judgement) and not event.verdict.is_ours:
            went_on = trials.submit(sitting, task, sent, cleared=event.verdict == "cleared")
            game.change(lambda record, new=went_on: changes.sat(record, gate, rank, new))  # type: ignore[misc]  # bound now
            game.settle(quest, event, source)


def give_up(game: Game, gate: str, rank: Rank) -> Table:
    """Leave the sitting that runs. What was cleared in it stays a clear.

    Raises:
        Trouble: when none runs.
    """
    sitting = game.record.trial(gate, rank).sitting
    if sitting is None or trials.outcome(sitting, game.clock()) is not Outcome.RUNNING:
        raise Trouble(f"no sitting of the trial {gate} {rank} runs")
    left = trials.give_up(sitting)
    game.change(lambda record: changes.sat(record, gate, rank, left))
    return _table(game, gate, rank, left)


def _demand(sitting: Sitting, task: str, game: Game) -> None:
    """Refuse before the judge is asked: it would be a submission for nothing."""
    try:
        trials.submit(sitting, task, game.clock(), cleared=False)
    except TrialRefused as refused:
        raise Trouble(str(refused)) from refused


def _lay_out(game: Game, gate: str, rank: Rank, sitting: Sitting) -> None:
    for task in sitting.tasks:
        path = _path(gate, rank, sitting, task)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes((game.catalog.quest(task).folder / "starter.py").read_bytes())
        except OSError as error:
            raise Trouble(f"{path} cannot be written: {error.strerror}") from error


def _path(gate: str, rank: Rank, sitting: Sitting, task: str) -> Path:
    folder = places.workspace() / "trials" / f"{gate}-{rank}-{sitting.started:%Y-%m-%d-%H%M%S}"
    return folder / f"{task.replace('/', '__').replace('-', '_')}.py"


def _table(game: Game, gate: str, rank: Rank, sitting: Sitting) -> Table:
    now = game.clock()
    left = trials.submissions_left(sitting)
    tasks = tuple(
        Task(task, _path(gate, rank, sitting, task), task in sitting.cleared, left[task]) for task in sitting.tasks
    )
    return Table(gate, rank, trials.outcome(sitting, now), trials.seconds_left(sitting, now), tasks)
