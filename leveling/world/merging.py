"""Two histories of the same hunter become one in which nothing confirmed is lost.

`merge` takes of every fact the larger, the earlier or the union, so it is commutative, associative and idempotent: it
does not matter which process wrote first, nor how often. Counters of attempts take the larger of the two.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any, TypeVar

from leveling.world.record import Chosen, Clear, DrillMemory, QuestRecord, Record, Sitting, TrialRecord

K = TypeVar("K", bound="str | date")
V = TypeVar("V")


def merge(one: Record, other: Record) -> Record:
    """Everything that either record knows."""
    return Record(
        created=min(one.created, other.created),
        choices=_each(one.choices, other.choices, _later),
        quests=_each(one.quests, other.quests, merge_quests),
        trials=_each(one.trials, other.trials, _trials),
        drills=_each(one.drills, other.drills, _drills),
        days=_each(one.days, other.days, max),
        rests=one.rests | other.rests,
        promotions=_each(one.promotions, other.promotions, min),
        placement=_each(one.placement, other.placement, _later),
    )


def merge_quests(one: QuestRecord, other: QuestRecord) -> QuestRecord:
    """Everything that either knows of one quest."""
    return QuestRecord(
        attempts=max(one.attempts, other.attempts),
        failures=max(one.failures, other.failures),
        started=earliest(one.started, other.started),
        seconds=max(one.seconds, other.seconds),
        hints=one.hints | other.hints,
        revealed_at=latest(one.revealed_at, other.revealed_at),
        restarted_at=latest(one.restarted_at, other.restarted_at),
        clears=tidy((*one.clears, *other.clears)),
        first_clear=earliest(one.first_clear, other.first_clear),
        last_clear=latest(one.last_clear, other.last_clear),
        note=_later_or_none(one.note, other.note),
        learnings=_later_or_none(one.learnings, other.learnings),
    )


def tidy(clears: tuple[Clear, ...]) -> tuple[Clear, ...]:
    """For each pair of grade and unaidedness the one that is worth most (then the earliest), lowest grade first."""
    kept: dict[tuple[bool, int], Clear] = {}
    for clear in clears:
        key = (clear.unaided, clear.grade.level)
        held = kept.get(key)
        kept[key] = clear if held is None else min(held, clear, key=_standing_of_clear)
    return tuple(kept[key] for key in sorted(kept))


def _standing_of_clear(clear: Clear) -> tuple[int, int, datetime, str]:
    """A total order: higher rank, fewer hints, earlier; the text of the whole settles what is left."""
    return (-clear.rank.level, clear.hints, clear.at, _text(clear))


def _text(value: Any) -> str:
    """A text that differs when any field does, so that ties are settled alike in both directions."""
    return repr([(each.name, _sorted(getattr(value, each.name))) for each in fields(value)])


def _sorted(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return sorted(value.items()) if isinstance(value, Mapping) else value


def _each(one: Mapping[K, V], other: Mapping[K, V], join: Callable[[V, V], V]) -> Mapping[K, V]:
    joined = dict(one)
    for key, value in other.items():
        joined[key] = join(joined[key], value) if key in joined else value
    return {key: joined[key] for key in sorted(joined)}


def _later(one: Chosen, other: Chosen) -> Chosen:
    return max(one, other, key=lambda chosen: (chosen.at, chosen.value))


def _later_or_none(one: Chosen | None, other: Chosen | None) -> Chosen | None:
    return _later(one, other) if one and other else one or other


def _drills(one: DrillMemory, other: DrillMemory) -> DrillMemory:
    return max(one, other, key=lambda memory: (memory.last, memory.reviews, _text(memory)))


def _trials(one: TrialRecord, other: TrialRecord) -> TrialRecord:
    return TrialRecord(
        tries=max(one.tries, other.tries),
        sitting=_sittings(one.sitting, other.sitting),
        first_pass=_first(one.first_pass, other.first_pass),
    )


def _sittings(one: Sitting | None, other: Sitting | None) -> Sitting | None:
    """The later one; of the same one everything that either knows."""
    if one is None or other is None:
        return one or other
    if _identity(one) != _identity(other):
        return max(one, other, key=_identity)
    return Sitting(
        started=one.started,
        seed=one.seed,
        tasks=one.tasks,
        minutes=one.minutes,
        submissions=_each(one.submissions, other.submissions, max),
        cleared=one.cleared | other.cleared,
        given_up=one.given_up or other.given_up,
    )


def _identity(sitting: Sitting) -> tuple[datetime, int, tuple[str, ...], int]:
    return (sitting.started, sitting.seed, sitting.tasks, sitting.minutes)


def _first(one: Sitting | None, other: Sitting | None) -> Sitting | None:
    if one is None or other is None:
        return one or other
    if _identity(one) == _identity(other):
        return _sittings(one, other)
    return min(one, other, key=_identity)


D = TypeVar("D", date, datetime)


def earliest(one: D | None, other: D | None) -> D | None:
    """The earlier of two, either of which may not have happened."""
    return min(one, other) if one is not None and other is not None else one if other is None else other


def latest(one: D | None, other: D | None) -> D | None:
    """The later of two, either of which may not have happened."""
    return max(one, other) if one is not None and other is not None else one if other is None else other
