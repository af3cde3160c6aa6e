"""Promotion trials: what they draw from, how long they take, what passes. A sitting is plain data and can be resumed.

A trial that an author wrote for the gate and rank is the trial. Elsewhere it is drawn, by a seed, from the gate's quests of
that rank, those not yet cleared first, filled up with the nearest lower rank; overall from as many gates. Every task
is solved from a blank file, in the time of the whole, with few judged submissions each. All must be cleared.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from leveling.world.board import Board
from leveling.world.card import Card
from leveling.world.record import OVERALL, Record, Sitting
from leveling.world.tables import (
    HOURS_BETWEEN_TRIES,
    LOWEST_TRIAL,
    SHORTEST_TRIAL,
    SUBMISSIONS_A_TASK,
    TASKS_OF_GATE_TRIAL,
    TASKS_OF_OVERALL_TRIAL,
    TRIAL_MINUTES,
)
from leveling.world.words import Rank


class Outcome(StrEnum):
    """How a sitting stands."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    OUT_OF_TIME = "out_of_time"
    GIVEN_UP = "given_up"


class TrialRefused(Exception):
    """A trial cannot be begun or gone on with; the message says why and what can be done."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial asks: its tasks in order, minutes for them all, judged submissions for each."""

    gate: str
    rank: Rank
    seed: int
    tasks: tuple[str, ...]
    minutes: int
    submissions: int = SUBMISSIONS_A_TASK


def has_trial(board: Board, gate: str, rank: Rank) -> bool:
    """Whether there is anything here to draw this trial from. Rank E is entered without one."""
    if rank.level < LOWEST_TRIAL.level:
        return False
    if gate == OVERALL:
        return len(_gates_of(board, rank)) >= TASKS_OF_OVERALL_TRIAL
    return board.trial(gate, rank) is not None or bool(board.of(gate, rank))


def draw(record: Record, board: Board, gate: str, rank: Rank, seed: int) -> Trial:
    """The trial that a seed gives. The same record, board and seed give the same one.

    Raises:
        TrialRefused: when nothing here can be drawn for it.
    """
    if not has_trial(board, gate, rank):
        raise TrialRefused(_no_trial(gate, rank))
    lots = random.Random(f"{gate}:{rank.value}:{seed}")  # noqa: S311 - a fair draw, no secret
    if gate == OVERALL:
        tasks = _from_several(record, board, rank, lots)
    else:
        written = board.trial(gate, rank)
        tasks = [written] if written else _from_one(record, board, gate, rank, lots)
    minutes = sum(card.minutes for card in tasks) * TRIAL_MINUTES // 100
    return Trial(gate, rank, seed, tuple(card.id for card in tasks), max(SHORTEST_TRIAL, minutes))


def _no_trial(gate: str, rank: Rank) -> str:
    if rank.level < LOWEST_TRIAL.level:
        return f"rank {rank} needs no trial; clear its quests"
    if gate == OVERALL:
        return f"an overall trial of rank {rank} draws from {TASKS_OF_OVERALL_TRIAL} gates, and fewer have quests of that rank here"
    return f"{gate} has no quest of rank {rank} that can be done here, so no trial of that rank can be drawn"


def _gates_of(board: Board, rank: Rank) -> list[str]:
    return [gate for gate in board.gates() if board.of(gate, rank)]


def _from_one(record: Record, board: Board, gate: str, rank: Rank, lots: random.Random) -> list[Card]:
    drawn: list[Card] = []
    for lower in reversed(list(Rank)[: rank.level + 1]):
        drawn += _unseen_first(record, board.of(gate, lower), lots)
        if len(drawn) >= TASKS_OF_GATE_TRIAL:
            break
    return drawn[:TASKS_OF_GATE_TRIAL]


def _from_several(record: Record, board: Board, rank: Rank, lots: random.Random) -> list[Card]:
    gates = lots.sample(_gates_of(board, rank), TASKS_OF_OVERALL_TRIAL)
    return [_unseen_first(record, board.of(gate, rank), lots)[0] for gate in gates]


def _unseen_first(record: Record, cards: Sequence[Card], lots: random.Random) -> list[Card]:
    """Shuffled, then those whose answer was never seen before the others."""
    shuffled = lots.sample(cards, len(cards))
    return sorted(shuffled, key=lambda card: _was_seen(record, card))


def _was_seen(record: Record, card: Card) -> bool:
    known = record.quest(card.id)
    return known.is_cleared or known.revealed_at is not None


def may_begin_at(record: Record, gate: str, rank: Rank, now: datetime) -> datetime:
    """From when on the trial may be tried: `now`, unless the last try was not passed a few hours ago."""
    last = record.trial(gate, rank).sitting
    if last is None or outcome(last, now) in {Outcome.RUNNING, Outcome.PASSED}:
        return now
    return max(now, last.started + timedelta(hours=HOURS_BETWEEN_TRIES))


def begin(trial: Trial, now: datetime) -> Sitting:
    """Sit down: the clock runs from now, also while the app is closed."""
    return Sitting(now, trial.seed, trial.tasks, trial.minutes, dict.fromkeys(trial.tasks, 0))


def outcome(sitting: Sitting, now: datetime) -> Outcome:
    """How the sitting stands at an instant."""
    if sitting.is_passed:
        return Outcome.PASSED
    if sitting.given_up:
        return Outcome.GIVEN_UP
    if any(left == 0 for task, left in submissions_left(sitting).items() if task not in sitting.cleared):
        return Outcome.FAILED
    return Outcome.OUT_OF_TIME if now > sitting.deadline else Outcome.RUNNING


def submissions_left(sitting: Sitting) -> Mapping[str, int]:
    """How often each task may still be judged."""
    return {task: max(0, SUBMISSIONS_A_TASK - sitting.submissions.get(task, 0)) for task in sitting.tasks}


def seconds_left(sitting: Sitting, now: datetime) -> float:
    """Time until the deadline; 0 after it."""
    return max(0.0, (sitting.deadline - now).total_seconds())


def submit(sitting: Sitting, task: str, now: datetime, *, cleared: bool) -> Sitting:
    """One judged submission, sent at `now`. A judge_fault is no submission: do not tell of it.

    Raises:
        TrialRefused: when the sitting is over, or the task is none of it or cleared already.
    """
    if task not in sitting.tasks:
        raise TrialRefused(f"{task} is no task of this trial; its tasks are {', '.join(sitting.tasks)}")
    if task in sitting.cleared:
        raise TrialRefused(f"{task} is cleared in this trial already; go on with the next task")
    standing = outcome(sitting, now)
    if standing is not Outcome.RUNNING:
        raise TrialRefused(
            f"this trial is over ({standing.value.replace('_', ' ')}); begin a new one when it may be tried again"
        )
    submissions = {**sitting.submissions, task: sitting.submissions.get(task, 0) + 1}
    passed = sitting.cleared | {task} if cleared else sitting.cleared
    return replace(sitting, submissions=submissions, cleared=passed)


def give_up(sitting: Sitting) -> Sitting:
    """Leave the trial. What was cleared in it stays a clear."""
    return replace(sitting, given_up=True)
