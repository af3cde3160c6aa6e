"""How far a learner is on a path: percent done, hours, what comes next, and the checklist.

Two figures are told apart, always. Of what is forged: how much of what can be played now is cleared. Of the whole: how
much of everything that the path plans, with the quests that are not yet forged counted as not done.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from leveling.world.card import Card
from leveling.world.path import Entry, Part, Path, Section, Target
from leveling.world.record import Record
from leveling.world.words import Kind

SECONDS_AN_HOUR = 3600


class State(StrEnum):
    """Where an entry or a target stands."""

    DONE = "done"
    DONE_SO_FAR = "done so far"  # all that exists is cleared, the rest is not yet forged
    BEGUN = "begun"
    OPEN = "open"
    NOT_FORGED = "not yet forged"
    NOT_JUDGED = "not judged"  # a reading, a tool, or what no quest can show


@dataclass(frozen=True, slots=True)
class Stop:
    """A target with what is known of it; `card` is None while it is not yet forged."""

    target: Target
    state: State
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the checklist, with the titles of where it stands. `counts` is false for what is optional."""

    section: str
    part: str
    entry: Entry
    state: State
    stops: tuple[Stop, ...]
    counts: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """Distinct targets: cleared ones, those that exist, and all that are planned."""

    cleared: int
    forged: int
    planned: int

    @property
    def not_forged(self) -> int:
        """How many are planned and not written yet."""
        return self.planned - self.forged

    @property
    def percent_of_forged(self) -> int:
        """0 to 100, rounded down, so that 100 means all; 0 when nothing exists yet."""
        return 100 * self.cleared // self.forged if self.forged else 0

    @property
    def percent_of_whole(self) -> int:
        """0 to 100, rounded down, with what is not yet forged counted as not done."""
        return 100 * self.cleared // self.planned if self.planned else 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one path is. `spent` and `planned` in hours; `following` is the next target that can be played."""

    path: Path
    mandatory: Tally
    optional: Tally
    hours_spent: float
    hours_planned: float
    following: Stop | None
    rows: tuple[Row, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every mandatory target of the whole path is cleared."""
        return 0 < self.mandatory.planned == self.mandatory.cleared


def progress(path: Path, record: Record, cards: Mapping[str, Card]) -> Progress:
    """How far `record` is on `path`; `cards` by id are the quests, dungeons and trials that exist."""
    rows = tuple(_rows(path, record, cards))
    counted = {stop.target.id: stop for row in rows if row.counts for stop in row.stops}
    further = {stop.target.id: stop for row in rows if not row.counts for stop in row.stops}
    optional = {name: stop for name, stop in further.items() if name not in counted}
    stops = counted | optional
    return Progress(
        path=path,
        mandatory=_tally(counted.values()),
        optional=_tally(optional.values()),
        hours_spent=sum(record.quest(name).seconds for name in _with_floors(stops, cards)) / SECONDS_AN_HOUR,
        hours_planned=path.planned_hours,
        following=_following(path, counted, record, cards),
        rows=rows,
    )


def _with_floors(names: Iterable[str], cards: Mapping[str, Card]) -> Iterator[str]:
    for name in names:
        yield name
        yield from cards[name].floors if name in cards else ()


def _rows(path: Path, record: Record, cards: Mapping[str, Card]) -> Iterator[Row]:
    for section in path.sections:
        for part in section.parts:
            yield from _rows_of(section, part, record, cards)


def _rows_of(section: Section, part: Part, record: Record, cards: Mapping[str, Card]) -> Iterator[Row]:
    stops = [tuple(_stop(target, record, cards) for target in entry.targets) for entry in part.entries]
    chosen = _chosen(part, stops)
    for place, entry in enumerate(part.entries):
        counts = entry.mandatory and entry.kind.is_judged and (not part.choose or place in chosen)
        state = _state(entry, stops[place])
        yield Row(section.title, part.title, entry, state, stops[place], counts)


def _chosen(part: Part, stops: list[tuple[Stop, ...]]) -> set[int]:
    """The entries that a choice counts: those furthest along, then those that exist, then the first named."""

    def rank(place: int) -> tuple[float, int, int]:
        tally = _tally(stops[place])
        return (-tally.cleared / max(1, tally.planned), -tally.forged, place)

    return set(sorted(range(len(part.entries)), key=rank)[: part.choose])


def _stop(target: Target, record: Record, cards: Mapping[str, Card]) -> Stop:
    card = cards.get(target.id)
    if _is_cleared(target, card, record):
        return Stop(target, State.DONE, card)
    if card is None:
        return Stop(target, State.NOT_FORGED)
    begun = any(record.quest(name).started is not None for name in (target.id, *card.floors))
    return Stop(target, State.BEGUN if begun else State.OPEN, card)


def _is_cleared(target: Target, card: Card | None, record: Record) -> bool:
    """Cleared as a quest, on every floor of a dungeon, or passed as the trial of its gate and rank.

    What was cleared stays so without its quest.
    """
    if record.quest(target.id).is_cleared:
        return True
    if card is not None and card.floors:
        return all(record.quest(floor).is_cleared for floor in card.floors)
    return card is not None and card.kind is Kind.TRIAL and card.rank in record.passed(card.gate)


def _state(entry: Entry, stops: tuple[Stop, ...]) -> State:
    if not stops or not entry.kind.is_judged:
        return State.NOT_JUDGED
    states = {stop.state for stop in stops}
    if len(states) == 1:
        return states.pop()
    if states == {State.DONE, State.NOT_FORGED}:
        return State.DONE_SO_FAR
    return State.BEGUN if states & {State.DONE, State.BEGUN} else State.OPEN


def _tally(stops: Iterable[Stop]) -> Tally:
    states = [stop.state for stop in stops]
    return Tally(
        cleared=states.count(State.DONE), forged=len(states) - states.count(State.NOT_FORGED), planned=len(states)
    )


def _following(path: Path, counted: Mapping[str, Stop], record: Record, cards: Mapping[str, Card]) -> Stop | None:
    """The first mandatory target that exists and is not cleared; one whose needs are cleared goes before others."""
    left = [
        counted[target.id]
        for target in path.in_order()
        if target.id in counted and counted[target.id].state in {State.OPEN, State.BEGUN}
    ]
    ready = (stop for stop in left if stop.card is not None and _is_ready(stop.card, record, cards))
    return next(ready, left[0] if left else None)


def _is_ready(card: Card, record: Record, cards: Mapping[str, Card]) -> bool:
    """Whether everything it needs and that exists is cleared."""
    return all(need not in cards or record.quest(need).is_cleared for need in card.needs)
