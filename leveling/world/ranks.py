"""Rank: evidence, per gate and overall, from distinct clears and trials passed. Never from XP.

**In a gate.** A rank is *on offer* where the gate has a quest or a trial of that rank that can be done here. To reach a
rank, of every rank on offer up to it: the stated share of its quests is cleared (at least one where there is one), and
from D upwards its trial is passed. A trial passed stands in for share and trial of every lower rank. However one gets
there, a rank also asks for a number of distinct clears in the gate, of any rank up to it (as many as are on offer, where
these are fewer). A rank that is not on offer is never given on its own: whoever reaches the next higher one has
passed it by, and where nothing higher is on offer it waits for content.

**Overall.** A rank asks for a number of gates at that rank or higher and, from D upwards, for a trial drawn from several
gates, of it and of every lower rank (a higher one passed stands in). The number of gates is not lowered for a small board.

**What counts.** A clear of a quest (floors of dungeons give XP alone) counts when it is unaided and its chain of needs
is whole. Quests that cannot be done here are in
neither number; one that was cleared all the same (on another machine, or with a package that has gone) is in both, but
puts no rank on offer. So no
clear and no machine without a GPU ever lowers a rank; ranks that were reached and recorded stay whatever content comes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from leveling.world.board import Board
from leveling.world.dungeon import is_floor
from leveling.world.record import OVERALL, Record, trial_key
from leveling.world.tables import CLEARS_IN_GATE, GATES_OF_RANK, LOWEST_TRIAL, SHARE_OF_GATE
from leveling.world.unlocking import Chains, chains
from leveling.world.words import Kind, Rank

RANKS = tuple(Rank)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a rank asks for: `have` of `need`, and `what`, ready to stand behind "2 of 5"."""

    have: int
    need: int
    what: str
    is_trial: bool = False

    @property
    def is_met(self) -> bool:
        """Whether there is enough."""
        return self.have >= self.need

    def __str__(self) -> str:
        return f"{min(self.have, self.need)} of {self.need} {self.what}"


@dataclass(frozen=True, slots=True)
class RankStanding:
    """Where one stands in a gate or overall: the rank (None before any), the next, and all that the next asks for.

    `next` is None at the top of what is on offer. `offers` are the ranks on offer, lowest first.
    """

    where: str
    rank: Rank | None
    next: Rank | None
    requirements: tuple[Requirement, ...]
    offers: tuple[Rank, ...]

    @property
    def remaining(self) -> tuple[Requirement, ...]:
        """What is still missing for the next rank."""
        return tuple(each for each in self.requirements if not each.is_met)


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one gate, by rank: how many quests are in the pool, and how many of them were cleared and count."""

    pool: Mapping[Rank, int]
    cleared: Mapping[Rank, int]
    trials: frozenset[Rank]
    offers: tuple[Rank, ...]


def tallies(record: Record, board: Board, followed: Chains | None = None) -> dict[str, Tally]:
    """Count every gate of the board once."""
    followed = followed or chains(record, board)
    pool: dict[str, dict[Rank, int]] = {}
    for gate in board.gates():
        pool[gate] = {rank: len(cards) for rank, cards in board.quests.get(gate, {}).items()}
    cleared: dict[str, dict[Rank, int]] = {}
    for gate, rank, is_here in _counting(record, board, followed):
        of_gate = cleared.setdefault(gate, {})
        of_gate[rank] = of_gate.get(rank, 0) + 1
        if not is_here:
            there = pool.setdefault(gate, {})
            there[rank] = there.get(rank, 0) + 1
    return {gate: _tally(record, board, gate, pool[gate], cleared.get(gate, {})) for gate in sorted(pool)}


def _counting(record: Record, board: Board, followed: Chains) -> Iterator[tuple[str, Rank, bool]]:
    """Gate, rank and whether it can be done here, of every clear that counts. Trials are counted by their sittings."""
    for name, known in record.quests.items():
        if is_floor(name) or not known.counts or not followed.is_whole(name):
            continue
        card = board.cards.get(name)
        if card is None:
            yield name.split("/", 1)[0], max((each.rank for each in known.clears), key=lambda rank: rank.level), False
        elif card.kind is not Kind.TRIAL:
            yield card.gate, card.rank, name in board.reachable


def _tally(record: Record, board: Board, gate: str, pool: Mapping[Rank, int], cleared: Mapping[Rank, int]) -> Tally:
    offers = tuple(rank for rank in RANKS if board.of(gate, rank) or board.trial(gate, rank))
    return Tally(pool, cleared, record.passed(gate), offers)


def requirements(gate: str, tally: Tally, rank: Rank) -> tuple[Requirement, ...]:
    """What a rank asks for in a gate, of every rank on offer up to it that no trial stands in for."""
    asked = []
    for have, need, of, what in _asked(tally, rank):
        words = f"trial of rank {of} in {gate}" if what is _Thing.TRIAL else f"quests {what.value} {of} in {gate}"
        asked.append(Requirement(have, need, words, is_trial=what is _Thing.TRIAL))
    return tuple(asked)


class _Thing(Enum):
    SHARE = "of rank"
    TRIAL = "trial"
    CLEARS = "up to rank"


def _asked(tally: Tally, rank: Rank) -> Iterator[tuple[int, int, Rank, _Thing]]:
    """Have, need, of which rank, of what."""
    stands_in = max((passed.level for passed in tally.trials), default=-1)
    for each in tally.offers:
        if not stands_in <= each.level <= rank.level:
            continue
        pool = tally.pool.get(each, 0)
        if pool:
            yield tally.cleared.get(each, 0), max(1, -(-pool * SHARE_OF_GATE[each] // 100)), each, _Thing.SHARE
        if each.level >= LOWEST_TRIAL.level:
            yield int(each in tally.trials), 1, each, _Thing.TRIAL
    lower = RANKS[: rank.level + 1]
    have = sum(tally.cleared.get(each, 0) for each in lower)
    exist = sum(tally.pool.get(each, 0) for each in lower)
    yield have, min(CLEARS_IN_GATE[rank], exist), rank, _Thing.CLEARS


def _is_earned(tally: Tally, rank: Rank) -> bool:
    return all(have >= need for have, need, _, _ in _asked(tally, rank))


def gate_standing(record: Record, gate: str, tally: Tally) -> RankStanding:
    """The rank in one gate, and what the next one asks for."""
    earned = next((rank for rank in reversed(tally.offers) if _is_earned(tally, rank)), None)
    rank = _higher(earned, _recorded(record, gate))
    above = next((each for each in tally.offers if rank is None or each.level > rank.level), None)
    return RankStanding(gate, rank, above, requirements(gate, tally, above) if above else (), tally.offers)


def gate_standings(record: Record, board: Board, followed: Chains | None = None) -> dict[str, RankStanding]:
    """The rank in every gate of the board, by gate."""
    return {gate: gate_standing(record, gate, tally) for gate, tally in tallies(record, board, followed).items()}


def overall_requirements(record: Record, gates: Iterable[RankStanding], rank: Rank) -> tuple[Requirement, ...]:
    """What a rank asks for overall, given the standing in every gate."""
    levels = [gate.rank.level for gate in gates if gate.rank is not None]
    passed = record.passed(OVERALL)
    asked: list[Requirement] = []
    for each in RANKS[: rank.level + 1]:
        have = sum(level >= each.level for level in levels)
        asked.append(Requirement(have, GATES_OF_RANK[each], f"gates at rank {each} or higher"))
        stands_in = any(other.level > each.level for other in passed)
        if each.level >= LOWEST_TRIAL.level and not stands_in:
            asked.append(
                Requirement(int(each in passed), 1, f"trial of rank {each} drawn from several gates", is_trial=True)
            )
    return tuple(asked)


def overall_standing(record: Record, gates: Iterable[RankStanding]) -> RankStanding:
    """The rank overall, and what the next one asks for."""
    gates = tuple(gates)
    earned = None
    for each in RANKS:
        if not _all_met(overall_requirements(record, gates, each)):
            break
        earned = each
    rank = _higher(earned, _recorded(record, OVERALL))
    above = next((each for each in RANKS if rank is None or each.level > rank.level), None)
    asked = overall_requirements(record, gates, above) if above else ()
    return RankStanding(OVERALL, rank, above, asked, RANKS)


def _all_met(asked: Iterable[Requirement]) -> bool:
    return all(each.is_met for each in asked)


def _recorded(record: Record, gate: str) -> Rank | None:
    return max((rank for rank in RANKS if trial_key(gate, rank) in record.promotions), key=_level, default=None)


def _higher(one: Rank | None, other: Rank | None) -> Rank | None:
    return max((rank for rank in (one, other) if rank is not None), key=_level, default=None)


def _level(rank: Rank) -> int:
    return rank.level
