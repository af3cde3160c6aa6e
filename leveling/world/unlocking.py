"""Which quests are open, and which clears rest on a whole chain of what they need.

A need is met by a clear, or by a trial passed that covers it. A need that cannot be done on this machine is looked
through: what it needs itself must be met instead. A need that no pack has is met. Whoever roams freely may try anything.
"""

from dataclasses import dataclass
from enum import StrEnum

from leveling.world.board import Board
from leveling.world.card import Card
from leveling.world.record import OVERALL, Record
from leveling.world.words import Rank


class Access(StrEnum):
    """Whether a quest can be begun. Roaming: it can, but counts for rank only when its chain is whole."""

    OPEN = "open"
    ROAMING = "roaming"
    LOCKED = "locked"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Door:
    """One quest's access, with the ids still to be cleared before it, and the reason in a sentence (empty when open)."""

    access: Access
    missing: tuple[str, ...] = ()
    reason: str = ""


OPEN = Door(Access.OPEN)


@dataclass(frozen=True, slots=True)
class Chains:
    """`cleared` and `covered` are ids whose need is met; `broken` are those that rest on something unmet."""

    board: Board
    cleared: frozenset[str]
    covered: frozenset[str]
    broken: frozenset[str]

    def is_whole(self, quest: str) -> bool:
        """Whether everything that the quest rests on is met."""
        return quest not in self.broken

    def missing(self, quest: str) -> tuple[str, ...]:
        """The nearest quests that break the chain of this one, in the order in which it names its needs."""
        if quest not in self.broken:
            return ()
        found: dict[str, None] = {}
        seen = {quest}
        waiting = list(reversed(self.board.cards[quest].needs))
        while waiting:
            name = waiting.pop()
            card = self.board.cards.get(name)
            if card is None or name in seen or name in self.covered:
                continue
            seen.add(name)
            if name in self.board.reachable and name not in self.cleared:
                found[name] = None
            else:
                waiting += reversed(card.needs)
        return tuple(found)


def covered_rank(record: Record, gate: str) -> Rank | None:
    """The highest rank that trials cover in a gate: its own trial covers its rank, one of several gates the rank below."""
    levels = [rank.level for rank in record.passed(gate)]
    levels += [rank.level - 1 for rank in record.passed(OVERALL)]
    return list(Rank)[max(levels)] if levels and max(levels) >= 0 else None


def chains(record: Record, board: Board) -> Chains:
    """Follow every chain once. Breaks are spread from where they are, so that neither order nor a circle matters."""
    cleared = frozenset(name for name, known in record.quests.items() if known.clears)
    covered = _covered(record, board)
    behind: dict[str, list[str]] = {}
    for name, card in board.cards.items():
        if card.needs and name not in covered:
            for need in card.needs:
                behind.setdefault(need, []).append(name)
    broken: set[str] = set()
    spreading = list(board.reachable - cleared - covered)
    while spreading:
        cause = spreading.pop()
        for follower in behind.pop(cause, ()):
            if follower not in broken and follower != cause:
                broken.add(follower)
                spreading.append(follower)
    return Chains(board, cleared, covered, frozenset(broken))


def _covered(record: Record, board: Board) -> frozenset[str]:
    if not any(known.passed for known in record.trials.values()):
        return frozenset()
    levels: dict[str, int] = {}
    covered = []
    for name, card in board.cards.items():
        gate = card.gate
        if gate not in levels:
            highest = covered_rank(record, gate)
            levels[gate] = -1 if highest is None else highest.level
        if card.rank.level <= levels[gate]:
            covered.append(name)
    return frozenset(covered)


def door(record: Record, board: Board, followed: Chains, card: Card) -> Door:
    """How one quest stands open or closed."""
    if card.id not in board.reachable:
        packages = ", ".join(card.packages)
        why = f"needs a package that is not installed (of {packages})" if packages else "all its gates need a GPU"
        return Door(Access.SEALED, (), f"Sealed on this machine: {why}. It blocks nothing.")
    missing = () if card.id in followed.cleared else followed.missing(card.id)
    if not missing:
        return OPEN
    names = _in_words([board.cards[name].title for name in missing])
    if record.free_roam:
        return Door(
            Access.ROAMING, missing, f"Open because you roam freely; it counts for rank once you have cleared {names}."
        )
    reason = f"Clear {names} first, or pass the trial of rank {card.rank} in {card.gate}."
    return Door(Access.LOCKED, missing, reason)


def doors(record: Record, board: Board, followed: Chains | None = None) -> dict[str, Door]:
    """Every quest's door, by id."""
    followed = followed or chains(record, board)
    return {name: door(record, board, followed, card) for name, card in board.cards.items()}


def _in_words(names: list[str], most: int = 3) -> str:
    """Such as "A, B and C" or "A, B, C and 4 more"."""
    shown = [f'"{name}"' for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
