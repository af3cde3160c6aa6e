"""Between the record and plain tables: the one place that knows both. Moments may be datetimes (TOML) or ISO texts (cache)."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from leveling.world.record import (
    Chosen,
    Clear,
    DrillMemory,
    Measured,
    QuestRecord,
    Record,
    Sitting,
    TrialRecord,
)
from leveling.world.words import Grade, Rank

Tables = dict[str, Any]
GRADES = {grade.value: grade for grade in Grade}
RANKS = {rank.value: rank for rank in Rank}


# ---------------------------------------------------------------- writing


def head_tables(record: Record) -> Tables:
    """Everything but the quests. A drill of a quest that has no record of its own stands here too: see `orphans`."""
    return _without_empty(
        {
            "created": record.created,
            "rests": sorted(record.rests),
            "choices": {key: _of_chosen(value) for key, value in sorted(record.choices.items())},
            "days": {day.isoformat(): count for day, count in sorted(record.days.items())},
            "promotions": dict(sorted(record.promotions.items())),
            "placement": {key: _of_chosen(value) for key, value in sorted(record.placement.items())},
            "trials": {key: _of_trial(trial) for key, trial in sorted(record.trials.items())},
        }
    )


def quest_tables(quest: QuestRecord, drills: Mapping[str, DrillMemory]) -> Tables:
    """One quest with the memory of its drills (by function)."""
    return _without_empty(
        {
            "attempts": quest.attempts,
            "failures": quest.failures,
            "started": quest.started,
            "seconds": round(quest.seconds, 3),
            "hints": sorted(quest.hints),
            "revealed_at": quest.revealed_at,
            "restarted_at": quest.restarted_at,
            "first_clear": quest.first_clear,
            "last_clear": quest.last_clear,
            "note": _of_chosen(quest.note),
            "learnings": _of_chosen(quest.learnings),
            "clears": [_of_clear(clear) for clear in quest.clears],
            "drills": {name: _of_drill(memory) for name, memory in sorted(drills.items())},
        }
    )


def drills_by_quest(drills: Mapping[str, DrillMemory]) -> dict[str, dict[str, DrillMemory]]:
    """`quest#function` taken apart."""
    found: dict[str, dict[str, DrillMemory]] = {}
    for key, memory in drills.items():
        quest, _, function = key.partition("#")
        found.setdefault(quest, {})[function] = memory
    return found


def _of_chosen(chosen: Chosen | None) -> Tables:
    return {} if chosen is None else {"value": chosen.value, "at": chosen.at}


def _of_clear(clear: Clear) -> Tables:
    return {
        "grade": clear.grade.value,
        "rank": clear.rank.value,
        "at": clear.at,
        "day": clear.day,
        "seed": clear.seed,
        "device": clear.device,
        "seconds": round(clear.seconds, 3),
        "hints": clear.hints,
        "unaided": clear.unaided,
        "content": clear.content,
        "solution": clear.solution,
        **({"gates": [_of_measured(gate) for gate in clear.gates]} if clear.gates else {}),
    }


def _of_measured(gate: Measured) -> Tables:
    value = {} if gate.value is None else {"value": float(gate.value)}
    return {
        "gate": gate.gate,
        "device": gate.device,
        "status": gate.status,
        **value,
        "limit": float(gate.limit),
        "unit": gate.unit,
    }


def _of_drill(memory: DrillMemory) -> Tables:
    return {name: getattr(memory, name) for name in memory.__dataclass_fields__}


def _of_trial(trial: TrialRecord) -> Tables:
    return _without_empty(
        {"tries": trial.tries, "sitting": _of_sitting(trial.sitting), "passed": _of_sitting(trial.passed)}
    )


def _of_sitting(sitting: Sitting | None) -> Tables:
    if sitting is None:
        return {}
    return {
        "started": sitting.started,
        "seed": sitting.seed,
        "tasks": list(sitting.tasks),
        "minutes": sitting.minutes,
        "submissions": dict(sorted(sitting.submissions.items())),
        "cleared": sorted(sitting.cleared),
        "given_up": sitting.given_up,
    }


def _without_empty(tables: Tables) -> Tables:
    """TOML has no null, and an empty table says nothing."""
    return {key: value for key, value in tables.items() if value is not None and value not in ({}, [], ())}


# ---------------------------------------------------------------- reading


def head_of(tables: Tables) -> Record:
    """The record without its quests and drills."""
    return Record(
        created=_day(tables["created"]),
        choices=_each(tables.get("choices"), _chosen),
        trials=_each(tables.get("trials"), _trial),
        days=MappingProxyType({_day(day): int(count) for day, count in tables.get("days", {}).items()}),
        rests=frozenset(_day(day) for day in tables.get("rests", ())),
        promotions=_each(tables.get("promotions"), _day),
        placement=_each(tables.get("placement"), _chosen),
    )


def quest_of(tables: Tables) -> QuestRecord:
    """What happened in one quest."""
    return QuestRecord(
        attempts=tables.get("attempts", 0),
        failures=tables.get("failures", 0),
        started=_moment_or_none(tables.get("started")),
        seconds=float(tables.get("seconds", 0.0)),
        hints=frozenset(tables.get("hints", ())),
        revealed_at=_moment_or_none(tables.get("revealed_at")),
        restarted_at=_moment_or_none(tables.get("restarted_at")),
        clears=tuple(_clear(each) for each in tables.get("clears", ())),
        first_clear=_day_or_none(tables.get("first_clear")),
        last_clear=_day_or_none(tables.get("last_clear")),
        note=_chosen(tables["note"]) if tables.get("note") else None,
        learnings=_chosen(tables["learnings"]) if tables.get("learnings") else None,
    )


def drills_of(quest: str, tables: Tables) -> dict[str, DrillMemory]:
    """The memory of a quest's drills, by `quest#function`."""
    return {f"{quest}#{name}": _drill(each) for name, each in tables.get("drills", {}).items()}


def _clear(tables: Tables) -> Clear:
    return Clear(
        grade=GRADES[tables["grade"]],
        rank=RANKS[tables["rank"]],
        at=_moment(tables["at"]),
        day=_day(tables["day"]),
        seed=tables.get("seed", 0),
        device=tables.get("device", "cpu"),
        seconds=float(tables.get("seconds", 0.0)),
        hints=tables.get("hints", 0),
        unaided=tables.get("unaided", True),
        gates=tuple(
            Measured(gate["gate"], gate["device"], gate["status"], gate.get("value"), gate["limit"], gate["unit"])
            for gate in tables.get("gates", ())
        ),
        content=tables.get("content", ""),
        solution=tables.get("solution", ""),
    )


def _drill(tables: Tables) -> DrillMemory:
    return DrillMemory(**{**tables, "due": _moment(tables["due"]), "last": _moment(tables["last"])})


def _trial(tables: Tables) -> TrialRecord:
    return TrialRecord(tables.get("tries", 0), _sitting(tables.get("sitting")), _sitting(tables.get("passed")))


def _sitting(tables: Tables | None) -> Sitting | None:
    if not tables:
        return None
    return Sitting(
        started=_moment(tables["started"]),
        seed=tables["seed"],
        tasks=tuple(tables["tasks"]),
        minutes=tables["minutes"],
        submissions=MappingProxyType(dict(tables.get("submissions", {}))),
        cleared=frozenset(tables.get("cleared", ())),
        given_up=tables.get("given_up", False),
    )


def _chosen(tables: Tables) -> Chosen:
    return Chosen(tables["value"], _moment(tables["at"]))


def _each(tables: Tables | None, make: Any) -> Mapping[str, Any]:
    return MappingProxyType({key: make(value) for key, value in (tables or {}).items()})


def _moment(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _moment_or_none(value: datetime | str | None) -> datetime | None:
    return None if value is None else _moment(value)


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _day_or_none(value: date | str | None) -> date | None:
    return None if value is None else _day(value)
