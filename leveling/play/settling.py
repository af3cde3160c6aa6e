"""From a judgement to what the save holds of it, and to what it meant for the player."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from leveling.catalog.hashing import content_hash
from leveling.judge.protocol import Judgement
from leveling.play import remembering
from leveling.saving import Store
from leveling.saving import solutions as kept_solutions
from leveling.world import changes
from leveling.world.quest import Quest
from leveling.world.record import Clear, Measured, Record
from leveling.world.standing import Standing
from leveling.world.unlocking import Access
from leveling.world.words import Grade, Kind, Rank, Verdict
from leveling.world.xp import xp_of_quest

Change = Callable[[Record], Record]


@dataclass(frozen=True, slots=True)
class Settled:
    """What an attempt meant. `xp` was earned by it; `ranks` are those reached (gate or `overall`, rank); `opened` quest ids.

    `first` tells a first clear; `aided` one with the revealed reference at hand; `saved` is false with --no-save and
    after a fault of ours.
    """

    judgement: Judgement
    saved: bool
    xp: int = 0
    total_xp: int = 0
    rank: Rank | None = None
    ranks: tuple[tuple[str, Rank], ...] = ()
    opened: tuple[str, ...] = ()
    first: bool = False
    aided: bool = False
    best: Grade | None = None


def unsaved(judgement: Judgement) -> Settled:
    """A judgement that leaves no trace."""
    return Settled(judgement, saved=False)


def change_of(
    quest: Quest,
    judgement: Judgement,
    source: str,
    store: Store,
    now: datetime,
    today: date,
    seconds: float,
) -> Change:
    """The change of the record that a judgement means. A cleared solution is stored first: evidence before the claim."""
    clear = _clear(quest, judgement, source, store, now, today) if judgement.verdict is Verdict.CLEARED else None
    parts = sorted({check.part for check in judgement.checks if check.part}) if quest.kind is Kind.DRILLS else []

    def change(record: Record) -> Record:
        record = changes.attempted(record, quest.id, now, today, seconds, cleared=clear is not None)
        if clear is None:
            return record
        record = changes.cleared(record, quest.id, clear)
        return remembering.first_seen(record, quest.id, parts, now, today)

    return change


def promotions(reached: Sequence[tuple[str, Rank]], today: date) -> Change:
    """Record the ranks that were reached, so that no later content takes them away."""

    def change(record: Record) -> Record:
        for where, rank in reached:
            record = changes.promoted(record, where, rank, today)
        return record

    return change


def compare(judgement: Judgement, quest: Quest, before: Standing, after: Standing, record: Record) -> Settled:
    """What is different now."""
    known = record.quest(quest.id)
    shut = (Access.LOCKED, Access.ROAMING)
    opened = [
        name
        for name, door in after.doors.items()
        if door.access is Access.OPEN and _was(before, name) in shut and name != quest.id
    ]
    return Settled(
        judgement,
        saved=True,
        xp=after.xp - before.xp,
        total_xp=after.xp,
        rank=after.overall.rank,
        ranks=after.reached,
        opened=tuple(sorted(opened)),
        first=judgement.verdict is Verdict.CLEARED and len(known.clears) == 1 and xp_of_quest(known) >= 0,
        aided=judgement.verdict is Verdict.CLEARED and not known.counts,
        best=known.best.grade if known.best else None,
    )


def _was(before: Standing, name: str) -> Access | None:
    door = before.doors.get(name)
    return door.access if door else None


def _clear(quest: Quest, judgement: Judgement, source: str, store: Store, now: datetime, today: date) -> Clear:
    gates = tuple(
        Measured(gate.gate, gate.device, gate.status.value, gate.measured, gate.limit, gate.unit)
        for gate in judgement.gates
    )
    return Clear(
        grade=judgement.grade or Grade.C,
        rank=quest.rank,
        at=now,
        day=today,
        seed=judgement.seed,
        device=judgement.device,
        seconds=judgement.seconds,
        gates=gates,
        content=content_hash(quest.folder),
        solution=kept_solutions.keep(store.folder, source) if source else "",
    )
