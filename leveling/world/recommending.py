"""What to do next, with the reason in a sentence; and in which gates one is strong or weak."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from leveling.world.board import Board
from leveling.world.card import Card
from leveling.world.dungeon import Climb
from leveling.world.ranks import RankStanding
from leveling.world.record import OVERALL, QuestRecord, Record, split_trial_key, trial_key
from leveling.world.trials import Outcome, has_trial, may_begin_at, outcome
from leveling.world.unlocking import Chains
from leveling.world.words import Grade, Rank

MOST_ADVICE = 6
ENOUGH_TO_JUDGE = 3  # quests tried in a gate before anything is said of it


class Deed(StrEnum):
    """What kind of thing is advised."""

    DRILL = "drill"
    TRIAL = "trial"
    CONTINUE = "continue"
    DUNGEON = "dungeon"
    PATH = "path"
    AGAIN = "again"
    QUEST = "quest"
    IMPROVE = "improve"


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do. `target` is the id of a quest or a dungeon, a `trial_key` for a trial, or drill ids joined by a blank."""

    deed: Deed
    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class Strength:
    """How a gate goes: quests tried and cleared, and `ease` from 0 to 1 (1: every quest at once, without hints, grade S)."""

    gate: str
    tried: int
    cleared: int
    ease: float

    @property
    def is_telling(self) -> bool:
        """Whether enough was tried for the ease to mean something."""
        return self.tried >= ENOUGH_TO_JUDGE


def strengths(record: Record, board: Board) -> tuple[Strength, ...]:
    """Every gate in which something was attempted, the strongest first."""
    by_gate: dict[str, list[QuestRecord]] = {}
    for name, known in record.quests.items():
        if known.attempts and name in board.cards:
            by_gate.setdefault(board.cards[name].gate, []).append(known)
    found = [
        Strength(gate, len(tried), sum(known.counts for known in tried), sum(map(_ease, tried)) / len(tried))
        for gate, tried in by_gate.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.ease, each.gate)))


def _ease(known: QuestRecord) -> float:
    best = known.best
    if best is None or not best.unaided:
        return 0.0
    grade = 0.5 + 0.5 * best.grade.level / Grade.S.level
    return grade * max(0.0, 1 - best.hints / 10) / (1 + known.failures / 5)


def advise(
    record: Record,
    board: Board,
    followed: Chains,
    standings: Mapping[str, RankStanding],
    now: datetime,
    *,
    known: Sequence[Strength] = (),
    due: Sequence[str] = (),
    path: Sequence[str] = (),
    climbs: Sequence[Climb] = (),
) -> tuple[Advice, ...]:
    """The most useful things to do now, the first first.

    `known` are the `strengths`, `path` the path's quests in order, `climbs` the dungeons that were begun.
    """
    found: dict[str, Advice] = {}
    if due:
        _add(found, [Advice(Deed.DRILL, " ".join(due), _drills_in_words(len(due)))])
    _add(found, _running_trials(record, now))
    _add(found, _begun(record, board))
    _add(found, _begun_dungeons(climbs))
    _add(found, _on_path(record, board, followed, path))
    _add(found, _ready_trials(record, board, standings, now))
    _add(found, _next_quests(record, board, followed, standings, known))
    _add(found, _to_improve(record, board))
    return tuple(found.values())[:MOST_ADVICE]


def _add(found: dict[str, Advice], more: Iterable[Advice]) -> None:
    for advice in more:
        found.setdefault(advice.target, advice)


def _drills_in_words(count: int) -> str:
    some = "One small function is" if count == 1 else f"{count} small functions are"
    return f"{some} about to fade; recalling now takes minutes and keeps them."


def _running_trials(record: Record, now: datetime) -> Iterable[Advice]:
    for key, known in record.trials.items():
        if known.sitting and outcome(known.sitting, now) is Outcome.RUNNING:
            gate, rank = split_trial_key(key)
            yield Advice(
                Deed.TRIAL, key, f"Your trial of rank {rank} {_where(gate)} is running; its clock does not stop."
            )


def _where(gate: str) -> str:
    return "drawn from several gates" if gate == OVERALL else f"in {gate}"


def _begun(record: Record, board: Board, most: int = 2) -> Iterable[Advice]:
    """Begun and not cleared, the latest first; then revealed ones that wait to be solved from blank."""
    begun = [
        (known.started, name)
        for name, known in record.quests.items()
        if known.started and not known.is_cleared and name in board.reachable
    ]
    for _, name in sorted(begun, reverse=True)[:most]:
        yield Advice(
            Deed.CONTINUE, name, f'You have begun "{board.cards[name].title}"; your file is where you left it.'
        )
    again = sorted(
        name
        for name, known in record.quests.items()
        if known.revealed_at and not known.counts and name in board.reachable
    )
    for name in again[:1]:
        reason = f'You have seen the reference of "{board.cards[name].title}"; solved from a blank file it counts.'
        yield Advice(Deed.AGAIN, name, reason)


def _begun_dungeons(climbs: Sequence[Climb], most: int = 1) -> Iterable[Advice]:
    """Dungeons with floors left, the one nearest to its boss first."""
    left = sorted((each for each in climbs if each.is_begun and not each.is_done), key=lambda each: -each.cleared)
    for each in left[:most]:
        number, of = each.dungeon.number(each.next), len(each.dungeon.floors)
        yield Advice(Deed.DUNGEON, each.dungeon.id, f'Floor {number} of {of} of "{each.dungeon.title}" waits for you.')


def _on_path(record: Record, board: Board, followed: Chains, path: Sequence[str]) -> Iterable[Advice]:
    for place, name in enumerate(path, start=1):
        card = board.cards.get(name)
        if card is None or name not in board.reachable or record.quest(name).is_cleared:
            continue
        target = _deepest(followed, name)
        title = board.cards[target].title
        why = f'"{title}" is next on your path ({place} of {len(path)}).'
        if target != name:
            why = f'"{title}" comes before "{card.title}", which is next on your path ({place} of {len(path)}).'
        yield Advice(Deed.PATH, target, why)
        return


def _deepest(followed: Chains, name: str) -> str:
    """The first quest to clear on the way to one that is locked."""
    seen = {name}
    while (missing := followed.missing(name)) and missing[0] not in seen:
        name = missing[0]
        seen.add(name)
    return name


def _ready_trials(
    record: Record, board: Board, gates: Mapping[str, RankStanding], now: datetime, most: int = 2
) -> Iterable[Advice]:
    """Trials that are all that is missing for the next rank."""
    ready = 0
    for gate, standing in gates.items():
        rank = standing.next
        if ready == most or rank is None or not is_trial_ready(board, standing):
            continue
        if may_begin_at(record, gate, rank, now) <= now:
            ready += 1
            yield Advice(
                Deed.TRIAL, trial_key(gate, rank), f"Only the trial {_where(gate)} is missing for rank {rank}."
            )


def is_trial_ready(board: Board, standing: RankStanding) -> bool:
    """Whether trials are all that is missing for the next rank, and that of the rank itself can be drawn here."""
    missing = standing.remaining
    ready = bool(missing) and all(each.is_trial for each in missing)
    return ready and standing.next is not None and has_trial(board, standing.where, standing.next)


def _next_quests(
    record: Record, board: Board, followed: Chains, gates: Mapping[str, RankStanding], known: Sequence[Strength]
) -> Iterable[Advice]:
    """The next open quest in the weakest gate that tells anything, in the one begun furthest, and in one never entered."""
    telling = [each for each in known if each.is_telling]
    wanted = [(each.gate, _weak(each)) for each in telling[-1:] if len(telling) > 1 or each.ease < 0.5]
    wanted += [(each.gate, f"{each.gate} goes well for you; go on while it does.") for each in telling[:1]]
    wanted += [(each.gate, f"You have begun the gate {each.gate}; this is its next quest.") for each in known]
    entered = {each.gate for each in known}
    doorsteps = [card for gate in gates if gate not in entered if (card := _next_in(record, board, followed, gate))]
    doorsteps.sort(key=lambda card: (card.rank.level, len(card.needs), card.gate))  # the gentlest way in comes first
    wanted += [(card.gate, f"You have not entered the gate {card.gate} yet; this is a way in.") for card in doorsteps]
    told: set[str] = set()
    for gate, reason in wanted:
        card = _next_in(record, board, followed, gate) if gate not in told else None
        told.add(gate)
        if card is not None:
            yield Advice(Deed.QUEST, card.id, reason)


def _weak(strength: Strength) -> str:
    return f"{strength.gate} has cost you the most so far; one more quest there helps the most."


def _next_in(record: Record, board: Board, followed: Chains, gate: str) -> Card | None:
    """The lowest open quest of a gate that is not cleared."""
    for rank in Rank:
        for card in board.of(gate, rank):
            if followed.is_whole(card.id) and not record.quest(card.id).is_cleared:
                return card
    return None


def _to_improve(record: Record, board: Board) -> Iterable[Advice]:
    """The highest cleared quest with a gate that was not passed."""
    found: list[tuple[int, str]] = []
    for name, known in record.quests.items():
        best = known.best
        if (
            best
            and best.unaided
            and best.grade.level < Grade.A.level
            and name in board.reachable
            and board.cards[name].gates
        ):
            found.append((-best.rank.level, name))
    for _, name in sorted(found)[:1]:
        yield Advice(Deed.IMPROVE, name, f'A better grade in "{board.cards[name].title}" gives the difference in XP.')
