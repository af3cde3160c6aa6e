"""Laws of rank, XP and merging, on histories that nobody thought of."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leveling.world import changes
from leveling.world.board import lay_out
from leveling.world.card import Card
from leveling.world.merging import merge
from leveling.world.ranks import gate_standings, overall_standing
from leveling.world.record import OVERALL, Clear, DrillMemory, Record, Sitting
from leveling.world.standing import standing
from leveling.world.streaks import streak
from leveling.world.trials import submit
from leveling.world.unlocking import Access
from leveling.world.words import Grade, Kind, Rank
from leveling.world.xp import total_xp

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = date(2026, 6, 1)
PACKAGE = "faiss"


def card(
    name: str,
    rank: Rank,
    needs: tuple[str, ...] = (),
    *,
    packages: tuple[str, ...] = (),
    gates: tuple[tuple[str, str], ...] = (("ops", "cpu"),),
    kind: Kind = Kind.QUEST,
) -> Card:
    return Card(name, name, rank, kind, 30, needs=needs, packages=packages, gates=gates)


def make_board() -> list[Card]:
    """Four gates with few quests a rank, some sealed, needs across gates, one written trial, one gate without rank E."""
    cards = []
    for gate in ("oak", "elm", "ash"):
        before: tuple[str, ...] = ()
        for rank, number in itertools.product(Rank, range(2)):
            name = f"{gate}/{rank.lower()}-{number}"
            packages = (PACKAGE,) if (gate, number) == ("elm", 1) else ()
            gates = (("throughput", "cuda"),) if (gate, number) == ("ash", 1) else (("ops", "cpu"),)
            cards.append(card(name, rank, before, packages=packages, gates=gates))
            before = (name,) if number == 0 else before
    cards += [card("fir/one", Rank.C, ("oak/e-0", "gone/quest")), card("fir/two", Rank.A, ("fir/one",))]
    return [*cards, card("oak/trial-d", Rank.D, kind=Kind.TRIAL)]


CARDS = make_board()
QUESTS = [each for each in CARDS if each.kind is not Kind.TRIAL]
E_QUESTS = [each for each in QUESTS if each.rank is Rank.E]
EVERYWHERE = (*(each.id for each in QUESTS), "lost/pack")
RANK_OF = {each.id: each.rank for each in CARDS}


def clear_of(name: str, grade: Grade, hints: int, unaided: bool, minute: int) -> Clear:
    at = NOON + timedelta(minutes=minute)
    return Clear(grade, RANK_OF.get(name, Rank.D), at, at.date(), hints=hints, unaided=unaided, seed=minute)


def clears(among: tuple[str, ...] = EVERYWHERE, most: int = 30) -> st.SearchStrategy[list[tuple[str, Clear]]]:
    one = st.tuples(
        st.sampled_from(among), st.sampled_from(list(Grade)), st.integers(0, 6), st.booleans(), st.integers(0, 90_000)
    )
    return st.lists(one.map(lambda made: (made[0], clear_of(*made))), max_size=most)


def passed_sitting(minute: int) -> Sitting:
    sitting = begin_at(minute)
    return submit(sitting, "t", sitting.started, cleared=True)


def begin_at(minute: int) -> Sitting:
    return Sitting(NOON + timedelta(minutes=minute), minute, ("t",), 30)


trials = st.lists(
    st.tuples(
        st.sampled_from(("oak", "elm", "ash", "fir", OVERALL)),
        st.sampled_from(list(Rank)[1:]),
        st.integers(0, 5000),
        st.booleans(),
    ),
    max_size=8,
)
days = st.dictionaries(st.dates(date(2026, 3, 1), date(2026, 5, 30)), st.integers(0, 9), max_size=12)


def with_clear(record: Record, name: str, clear: Clear) -> Record:
    """As a merge with a record that holds this one clear as it is."""
    known = replace(record.quest(name), clears=(clear,), first_clear=clear.day, last_clear=clear.day)
    return merge(record, replace(record, quests={name: known}))


def build(
    made: list[tuple[str, Clear]],
    tried: Sequence[tuple[str, Rank, int, bool]] = (),
    active: Mapping[date, int] | None = None,
) -> Record:
    record = Record(date(2026, 3, 1), days=active or {})
    for name, clear in made:
        record = with_clear(record, name, clear)
    for gate, rank, minute, passes in tried:
        sitting = passed_sitting(minute) if passes else begin_at(minute)
        record = changes.sat(record, gate, rank, sitting)
    return record


instants = st.integers(0, 5000).map(lambda minute: NOON + timedelta(minutes=minute))
names = st.sampled_from([each.id for each in QUESTS[:4]])


def happen(what: int, record: Record, name: str, now: datetime) -> Record:
    """One of the things that can happen; parts of the text and the grade follow from the minute, so that they vary."""
    kind, minute = str(now.minute % 3), now.minute % 4
    match what:
        case 0:
            return changes.chosen(record, "path", kind, now)
        case 1:
            return changes.started(record, name, now)
        case 2:
            return changes.attempted(record, name, now, now.date(), 5.0, cleared=False)
        case 3:
            return changes.cleared(record, name, Clear(list(Grade)[minute], RANK_OF[name], now, now.date()))
        case 4:
            return changes.hinted(record, name, minute)
        case 5:
            return changes.revealed(record, name, now)
        case 6:
            return changes.noted(record, name, kind, now)
        case _:
            return changes.drilled(record, f"{name}#f", DrillMemory(now, now, 1.0), now.date(), was_due=True)


def tell(start: Record, events: list[tuple[int, str, datetime]]) -> Record:
    for what, name, now in events:
        start = happen(what, start, name, now)
    return start


# Short and narrow, so that two histories meet.
records = st.builds(
    tell,
    st.builds(build, clears(tuple(each.id for each in QUESTS[:4]), 8), trials, days),
    st.lists(st.tuples(st.integers(0, 7), names, instants), max_size=10),
)


def ranks_of(record: Record, **machine: Any) -> dict[str, Rank | None]:
    board = lay_out(CARDS, **machine)
    gates = gate_standings(record, board)
    found = {gate: each.rank for gate, each in gates.items()}
    return {**found, OVERALL: overall_standing(record, gates.values()).rank}


def level(rank: Rank | None) -> int:
    return -1 if rank is None else rank.level


fast = settings(max_examples=40, deadline=None)
machines = st.fixed_dictionaries({"missing_packages": st.sampled_from([(), (PACKAGE,)]), "has_cuda": st.booleans()})


@fast
@given(clears(), clears(), trials, days, machines)
def test_more_clears_never_lower_anything(made, more, tried, active, machine):
    """XP, every rank, the overall rank, titles and open doors only grow, also with clears of sealed quests."""
    before, after = build(made, tried, active), build(made + more, tried, active)
    low, high = ranks_of(before, **machine), ranks_of(after, **machine)
    assert total_xp(before) <= total_xp(after)
    assert all(level(rank) <= level(high[gate]) for gate, rank in low.items())
    one, other = (standing(record, CARDS, TODAY, **machine) for record in (before, after))
    assert {title.name for title in one.titles} <= {title.name for title in other.titles}
    open_before = {name for name, door in one.doors.items() if door.access is Access.OPEN}
    assert open_before <= {name for name, door in other.doors.items() if door.access is Access.OPEN}
    assert one.level.level <= other.level.level


@fast
@given(clears(), trials, trials, machines)
def test_more_trials_never_lower_anything(made, tried, more, machine):
    """A trial passed or failed takes away neither rank nor XP."""
    before, after = build(made, tried), build(made, tried + more)
    low, high = ranks_of(before, **machine), ranks_of(after, **machine)
    assert all(level(rank) <= level(high[gate]) for gate, rank in low.items())
    assert total_xp(before) <= total_xp(after)


@fast
@given(st.data(), clears(), trials)
def test_order_does_not_matter(data, made, tried):
    """The same clears in any order, and any of them twice, make the same record and the same standing."""
    shuffled = data.draw(st.permutations(made))
    one, other = build(made, tried), build([*shuffled, *made[:3]], tried)
    assert one == other
    assert standing(one, CARDS, TODAY) == standing(other, CARDS, TODAY)


@fast
@given(clears(tuple(each.id for each in E_QUESTS)), trials, days)
def test_rank_e_quests_buy_no_higher_rank(made, tried, active):
    """Whoever clears quests of rank E alone, however often, stays at rank E everywhere unless trials are passed."""
    farmed = build(made * 3, (), active)
    assert all(level(rank) <= 0 for rank in ranks_of(farmed).values())
    assert total_xp(farmed) == total_xp(build(made, (), active))
    untried = build(made, [(gate, rank, minute, False) for gate, rank, minute, _ in tried])
    assert all(level(rank) <= 0 for rank in ranks_of(untried).values())


@fast
@given(records)
def test_xp_is_never_negative(record):
    """Whatever happened."""
    assert total_xp(record) >= 0


@fast
@given(records, records, records)
def test_merging_is_a_union(one, two, three):
    """Commutative, associative, idempotent: it does not matter who saves first, nor how often."""
    assert merge(one, two) == merge(two, one)
    assert merge(one, merge(two, three)) == merge(merge(one, two), three)
    assert merge(one, one) == one
    assert merge(one, merge(one, two)) == merge(one, two)


@fast
@given(records, records, machines)
def test_merging_loses_nothing_earned(one, two, machine):
    """The merged record stands at least as high as either: clears, XP, ranks, active days."""
    both = merge(one, two)
    for each in (one, two):
        assert total_xp(each) <= total_xp(both)
        low, high = ranks_of(each, **machine), ranks_of(both, **machine)
        assert all(level(rank) <= level(high[gate]) for gate, rank in low.items())
        assert all(both.quest(name).counts >= known.counts for name, known in each.quests.items())
        assert each.days.keys() <= both.days.keys()


@fast
@given(records, names, instants)
def test_hints_and_reveals_take_nothing_back(record, name, now):
    """What was earned before a hint or a reveal stays earned."""
    later = changes.revealed(changes.hinted(record, name, 9), name, now)
    assert total_xp(later) == total_xp(record)
    assert ranks_of(later) == ranks_of(record)


active_days = st.sets(st.dates(date(2026, 1, 1), date(2026, 6, 30)), max_size=60)
mondays = st.sets(st.integers(0, 26).map(lambda week: date(2025, 12, 29) + timedelta(weeks=week)), max_size=6)


@fast
@given(active_days, active_days, mondays, mondays)
def test_streaks_never_suffer_from_more(played, more, rests, more_rests):
    """A day more, or a week declared free, lowers neither the present run, nor the best, nor any but spent freezes."""
    today = date(2026, 7, 1)
    one, other = streak(played, today, rests), streak(played | more, today, rests | more_rests)
    assert one.weeks <= other.weeks
    assert one.best <= other.best
    assert 0 <= one.weeks <= one.best and one.freezes >= 0


@fast
@given(active_days, st.integers(0, 180), st.integers(0, 180))
def test_the_best_streak_stays(played, early, late):
    """As days go by the best run never shrinks."""
    first, second = sorted((early, late))
    start = date(2026, 1, 1)
    assert streak(played, start + timedelta(first)).best <= streak(played, start + timedelta(second)).best


def test_a_sitting_of_the_same_trial_unites():
    """Two windows on one sitting: what either cleared is cleared."""
    sitting = replace(begin_at(0), tasks=("s", "t"))
    one = changes.sat(Record(TODAY), "oak", Rank.C, submit(sitting, "s", NOON, cleared=True))
    other = changes.sat(Record(TODAY), "oak", Rank.C, submit(sitting, "t", NOON, cleared=True))
    united = merge(one, other).trial("oak", Rank.C)
    assert united.sitting is not None and united.sitting.cleared == {"s", "t"}
    assert united.passed is not None
