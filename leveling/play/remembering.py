"""When a small function comes back: spaced repetition by FSRS, on the facts of the record."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from leveling.world import changes
from leveling.world.drills import drill_id
from leveling.world.record import DrillMemory, Record

if TYPE_CHECKING:
    from fsrs import Card


def first_seen(record: Record, quest: str, functions: Sequence[str], now: datetime, today: date) -> Record:
    """The functions of a drill set that was cleared enter the memory; those that are in it already stay as they are."""
    for function in functions:
        name = drill_id(quest, function)
        if name not in record.drills:
            record = changes.drilled(record, name, reviewed(None, now, recalled=True, tries=1), today, was_due=False)
    return record


def reviewed(memory: DrillMemory | None, now: datetime, *, recalled: bool, tries: int) -> DrillMemory:
    """The memory after one recall: at the first try, after some, or not at all."""
    from fsrs import Rating, Scheduler

    known = Rating.Good if tries <= 1 else Rating.Hard
    rating = known if recalled else Rating.Again
    scheduler = Scheduler(enable_fuzzing=False, learning_steps=(), relearning_steps=())
    card, _ = scheduler.review_card(_card(memory, now), rating, now.astimezone(UTC))
    return DrillMemory(
        due=card.due.replace(microsecond=0),
        last=now,
        stability=round(card.stability or 0.0, 4),
        difficulty=round(card.difficulty or 0.0, 4),
        phase=int(card.state),
        reviews=(memory.reviews if memory else 0) + 1,
        lapses=(memory.lapses if memory else 0) + (not recalled),
    )


def _card(memory: DrillMemory | None, now: datetime) -> "Card":
    from fsrs import Card, State

    if memory is None or not memory.stability:
        return Card(card_id=1, due=now)
    return Card(
        card_id=1,
        state=State(memory.phase),
        step=None,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=memory.due,
        last_review=memory.last,
    )
