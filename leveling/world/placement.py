"""Placement by trial: whoever knows something already proves it once instead of clearing what is beneath them.

What was said at the start opens nothing; it only chooses where the first trial begins. From there a trial passed leads
up, one not passed leads down, until the border is found. Each trial passed opens what it covers, and stays.
"""

from dataclasses import dataclass
from datetime import datetime

from leveling.world.board import Board
from leveling.world.record import Record
from leveling.world.trials import Outcome, has_trial, outcome
from leveling.world.words import Rank


@dataclass(frozen=True, slots=True)
class Placement:
    """How far a placement is: the highest rank passed, the trial to try next (None: the border is found), why."""

    gate: str
    passed: Rank | None
    next: Rank | None
    reason: str


def placement(record: Record, board: Board, gate: str, now: datetime) -> Placement:
    """Where in a gate to try next. Trying is never needed: quests of the lowest ranks are open to all."""
    offers = [rank for rank in Rank if has_trial(board, gate, rank)]
    passed = max(record.passed(gate), key=lambda rank: rank.level, default=None)
    if not offers:
        return Placement(
            gate, passed, None, f"{gate} has nothing to draw a trial from here; begin with its first quest."
        )
    floor = passed.level if passed else -1
    failed = [rank.level for rank in offers if rank.level > floor and _was_failed(record, gate, rank, now)]
    ceiling = min(failed, default=len(Rank))
    between = [rank for rank in offers if floor < rank.level < ceiling]
    if not between:
        return Placement(gate, passed, None, _border(gate, passed))
    proposed = _nearest(between, _said(record, gate), is_first=passed is None and not failed)
    if passed is None and failed:
        proposed = between[-1]
    return Placement(gate, passed, proposed, _because(gate, proposed, passed, failed=bool(failed)))


def _said(record: Record, gate: str) -> Rank | None:
    said = record.placement.get(gate)
    return Rank(said.value) if said and said.value in set(Rank) else None


def _nearest(between: list[Rank], said: Rank | None, *, is_first: bool) -> Rank:
    """The rank that was said, or the one nearest to it; without a word, and after a pass, the lowest that is left."""
    if said is None or not is_first:
        return between[0]
    return min(between, key=lambda rank: (abs(rank.level - said.level), rank.level))


def _was_failed(record: Record, gate: str, rank: Rank, now: datetime) -> bool:
    known = record.trial(gate, rank)
    return known.passed is None and known.sitting is not None and outcome(known.sitting, now) is not Outcome.RUNNING


def _border(gate: str, passed: Rank | None) -> str:
    if passed is None:
        return f"Begin {gate} with its first quests; they lead up to its trials."
    return f"Your place in {gate} is found: everything up to rank {passed} is open. Go on with the quests above."


def _because(gate: str, proposed: Rank, passed: Rank | None, *, failed: bool) -> str:
    if failed:
        return f"The trial above was not passed; the trial of rank {proposed} in {gate} finds what you can skip."
    if passed is not None:
        return f"You passed rank {passed} in {gate}; try rank {proposed}."
    return f"Pass the trial of rank {proposed} in {gate} to open everything it covers."
