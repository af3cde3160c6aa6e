"""Each thing that can happen, as a pure change of the record: the old one in, the new one out.

A saving process applies them to what lies on disk under a lock, so that two running apps never lose each other's clears.
"""

from dataclasses import replace
from datetime import date, datetime

from leveling.world.merging import earliest, latest, tidy
from leveling.world.record import Chosen, Clear, DrillMemory, QuestRecord, Record, Sitting, TrialRecord, trial_key
from leveling.world.words import Rank


def chosen(record: Record, key: str, value: str, now: datetime) -> Record:
    """The learner set `hunter`, `path`, `title` or `free_roam` ("on" or "off")."""
    return replace(record, choices={**record.choices, key: Chosen(value, now)})


def placed(record: Record, gate: str, rank: Rank, now: datetime) -> Record:
    """The learner said at which rank to begin in a gate. It opens nothing; a trial does."""
    return replace(record, placement={**record.placement, gate: Chosen(rank.value, now)})


def started(record: Record, quest: str, now: datetime) -> Record:
    """A blank starter was written for a quest; after a reveal this is what makes the next clear count again."""
    known = record.quest(quest)
    return _quest(record, quest, replace(known, started=known.started or now, restarted_at=now))


def attempted(record: Record, quest: str, now: datetime, day: date, seconds: float, *, cleared: bool) -> Record:
    """An attempt was judged (never tell of a judge_fault: it is saved as nothing). `seconds` since the last one."""
    known = record.quest(quest)
    changed = replace(
        known,
        attempts=known.attempts + 1,
        failures=known.failures + (not cleared),
        started=known.started or now,
        seconds=known.seconds + (0.0 if known.is_cleared else max(0.0, seconds)),
    )
    return active(_quest(record, quest, changed), day)


def cleared(record: Record, quest: str, clear: Clear) -> Record:
    """A quest was cleared. Hints taken so far and whether the clear is aided are filled in from the record."""
    known = record.quest(quest)
    clear = replace(clear, hints=len(known.hints), unaided=not known.is_aided)
    changed = replace(
        known,
        clears=tidy((*known.clears, clear)),
        first_clear=earliest(known.first_clear, clear.day),
        last_clear=latest(known.last_clear, clear.day),
    )
    return active(_quest(record, quest, changed), clear.day)


def hinted(record: Record, quest: str, number: int) -> Record:
    """Hint `number` was shown. After an own clear hints are free and leave no trace."""
    known = record.quest(quest)
    return record if known.counts else _quest(record, quest, replace(known, hints=known.hints | {number}))


def revealed(record: Record, quest: str, now: datetime) -> Record:
    """The reference was shown. After an own clear it costs nothing and leaves no trace."""
    known = record.quest(quest)
    return record if known.counts else _quest(record, quest, replace(known, revealed_at=now))


def noted(record: Record, quest: str, text: str, now: datetime) -> Record:
    """The learner wrote a note."""
    return _quest(record, quest, replace(record.quest(quest), note=Chosen(text, now)))


def learnt(record: Record, quest: str, text: str, now: datetime) -> Record:
    """The learner wrote down what was learnt."""
    return _quest(record, quest, replace(record.quest(quest), learnings=Chosen(text, now)))


def drilled(record: Record, drill: str, memory: DrillMemory, day: date, *, was_due: bool) -> Record:
    """A drill was reviewed and its memory scheduled anew; only one that was due, and recalled, counts for the day."""
    recalled = was_due and memory.lapses == (record.drills[drill].lapses if drill in record.drills else 0)
    days = {**record.days, day: record.days.get(day, 0) + recalled}
    drills = {**record.drills, drill: memory}
    return replace(record, drills=drills, days=days)


def active(record: Record, day: date) -> Record:
    """The learner did something on this day."""
    return record if day in record.days else replace(record, days={**record.days, day: 0})


def rested(record: Record, monday: date) -> Record:
    """A week was declared free, before or afterwards.

    Raises:
        ValueError: when the day is no Monday.
    """
    if monday.weekday() != 0:
        raise ValueError(f"{monday} is no Monday; a week is named by its Monday")
    return replace(record, rests=record.rests | {monday})


def sat(record: Record, gate: str, rank: Rank, sitting: Sitting) -> Record:
    """A sitting of a trial was begun or went on; one that is passed is kept for good."""
    known = record.trial(gate, rank)
    is_new = known.sitting is None or (known.sitting.started, known.sitting.seed) != (sitting.started, sitting.seed)
    changed = TrialRecord(known.tries + is_new, sitting, known.passed or (sitting if sitting.is_passed else None))
    return replace(record, trials={**record.trials, trial_key(gate, rank): changed})


def promoted(record: Record, gate: str, rank: Rank, day: date) -> Record:
    """A rank was reached and shown. It stays, whatever content is added later."""
    key = trial_key(gate, rank)
    if key in record.promotions:
        return record
    return replace(record, promotions={**record.promotions, key: day})


def _quest(record: Record, quest: str, changed: QuestRecord) -> Record:
    return replace(record, quests={**record.quests, quest: changed})
