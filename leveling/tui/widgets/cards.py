"""A quest as one line of a list, and which lines a filter keeps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from textual.content import Content
from textual.fuzzy import Matcher

from leveling.tui.widgets.drawing import letter
from leveling.world.card import Card
from leveling.world.record import QuestRecord, Record
from leveling.world.unlocking import Access, Door

FACETS = ("gate", "rank", "kind", "state", "path")


class State(StrEnum):
    """How a quest stands to the hunter."""

    CLEARED = "cleared"
    AIDED = "aided"
    BEGUN = "begun"
    OPEN = "open"
    ROAMING = "roaming"
    LOCKED = "locked"
    SEALED = "sealed"


MARKS = {
    State.CLEARED: ("✓", "$success"),
    State.AIDED: ("↺", "$warning"),
    State.BEGUN: ("◐", "$accent"),
    State.OPEN: ("○", ""),
    State.ROAMING: ("○", "$quiet"),
    State.LOCKED: ("▪", "$quiet"),
    State.SEALED: ("◇", "$quiet"),
}


def state_of(door: Door | None, known: QuestRecord) -> State:
    """The one word for it: what was done goes before whether it may be done."""
    if known.counts:
        return State.CLEARED
    if known.is_cleared or known.is_aided:
        return State.AIDED
    access = door.access if door else Access.OPEN
    if known.started is not None and access in (Access.OPEN, Access.ROAMING):
        return State.BEGUN
    return {
        Access.OPEN: State.OPEN,
        Access.ROAMING: State.ROAMING,
        Access.LOCKED: State.LOCKED,
        Access.SEALED: State.SEALED,
    }[access]


@dataclass(frozen=True, slots=True)
class Line:
    """A card with its state; `words` is what free text is sought in."""

    card: Card
    state: State
    words: str
    on_path: bool


def lines_of(cards: Iterable[Card], record: Record, doors: dict[str, Door], path: Sequence[str]) -> list[Line]:
    """Every card as a line, by rank, gate and name."""
    on_path = frozenset(path)
    found = [
        Line(
            card,
            state_of(doors.get(card.id), record.quest(card.id)),
            f"{card.id} {card.title} {card.kind}".lower(),
            card.id in on_path,
        )
        for card in cards
    ]
    return sorted(found, key=lambda line: (line.card.rank.level, line.card.gate, line.card.id))


def drawn(line: Line, widest_gate: int) -> Content:
    """Rank, state, gate, title, and how long it takes."""
    card, (sign, style) = line.card, MARKS[line.state]
    faint = "$quiet" if line.state in (State.LOCKED, State.SEALED) else ""
    return Content.assemble(
        letter(card.rank),
        " ",
        (sign, style),
        " ",
        (f"{card.gate:<{widest_gate}} ", "$quiet"),
        (f"{card.kind:<6} {card.minutes:>3} min  ", "$quiet"),
        (card.title, faint),
    )


def kept(lines: Sequence[Line], query: str) -> list[Line]:
    """The lines that a filter such as `rank:C gate:tensors sum` keeps, best first where free text is fuzzy."""
    facets, text = parted(query)
    left = [line for line in lines if all(_has(line, name, value) for name, value in facets)]
    words = text.split()
    if not words:
        return left
    plain = [line for line in left if all(word in line.words for word in words)]
    if plain:
        return plain
    matcher = Matcher(text)
    scored = [(matcher.match(line.words), line) for line in left]
    return [line for score, line in sorted(scored, key=lambda pair: -pair[0]) if score > 0][:50]


def parted(query: str) -> tuple[list[tuple[str, str]], str]:
    """The facets of a filter, and its free text."""
    facets, words = [], []
    for word in query.lower().split():
        name, colon, value = word.partition(":")
        if colon and name in FACETS:
            facets.append((name, value))
        else:
            words.append(word)
    return facets, " ".join(words)


def _has(line: Line, name: str, value: str) -> bool:
    """Whether a facet holds; one still being typed holds as far as it goes."""
    card = line.card
    match name:
        case "gate":
            return card.gate.startswith(value)
        case "rank":
            return card.rank.lower() in value.replace(",", "") if value else True
        case "kind":
            return card.kind.startswith(value)
        case "state":
            return line.state.startswith(value)
    return line.on_path if value not in ("off", "no") else not line.on_path
