"""How far a learner is on a path."""

from dataclasses import replace
from datetime import UTC, datetime

from leveling.world import changes
from leveling.world.card import Card
from leveling.world.path import Entry, EntryKind, Part, Path, Section, Target, TargetKind
from leveling.world.record import Clear, QuestRecord, Record, Sitting
from leveling.world.travelling import State, progress
from leveling.world.words import Grade, Kind, Rank

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEW = Record(NOW.date())


def card(name, *needs, kind=Kind.QUEST, rank=Rank.E):
    return Card(name, name, rank, kind, 30, needs=needs)


def board(*cards):
    return {each.id: each for each in cards}


def entry(kind, *names, **more):
    return Entry(names[0] if names else "alone", kind, targets=tuple(Target(name) for name in names), **more)


def path(*entries, **more):
    return Path("p", "P", "Far.", "1 day", (Section("s", (Part("one", entries, **more),)),))


def cleared(*names):
    record = NEW
    for name in names:
        record = changes.cleared(record, name, Clear(Grade.C, Rank.E, NOW, NOW.date()))
    return record


def states(found):
    return [row.state for row in found.rows]


def test_what_is_not_forged_is_counted_and_not_blamed():
    """One of two that exist is half of what is forged, and a quarter of the whole; both figures are told."""
    way = path(entry(EntryKind.LAB, "oak/a"), entry(EntryKind.LAB, "oak/b"), entry(EntryKind.LAB, "oak/c", "oak/d"))
    found = progress(way, cleared("oak/a"), board(card("oak/a"), card("oak/b")))
    tally = found.mandatory
    assert (tally.percent_of_forged, tally.percent_of_whole, tally.not_forged) == (50, 25, 2)
    assert states(found) == [State.DONE, State.OPEN, State.NOT_FORGED]
    assert not found.is_complete


def test_an_entry_is_done_when_all_that_serves_it_is():
    """Some of it: begun. All that exists: done so far. All: done."""
    way = path(
        entry(EntryKind.LAB, "oak/a", "oak/b"), entry(EntryKind.LAB, "oak/a", "oak/z"), entry(EntryKind.LAB, "oak/a")
    )
    found = progress(way, cleared("oak/a"), board(card("oak/a"), card("oak/b")))
    assert states(found) == [State.BEGUN, State.DONE_SO_FAR, State.DONE]


def test_a_quest_that_serves_two_entries_counts_once():
    """Percent done is of distinct quests."""
    way = path(entry(EntryKind.LAB, "oak/a"), entry(EntryKind.IDEA, "oak/a", "oak/b"))
    assert progress(way, cleared("oak/a"), board(card("oak/a"), card("oak/b"))).mandatory.planned == 2


def test_optional_entries_and_readings_count_for_nothing():
    """They are shown; a whole path is done without them."""
    way = path(
        entry(EntryKind.LAB, "oak/a"), entry(EntryKind.LAB, "oak/extra", mandatory=False), entry(EntryKind.READING)
    )
    found = progress(way, cleared("oak/a"), board(card("oak/a"), card("oak/extra")))
    assert found.is_complete
    assert (found.mandatory.percent_of_whole, found.optional.planned) == (100, 1)
    assert states(found)[2] is State.NOT_JUDGED


def test_a_choice_counts_what_was_chosen():
    """Of three the one that was cleared is the one that counts; before that the first that exists."""
    entries = [entry(EntryKind.PROJECT, name) for name in ("oak/a", "oak/b", "oak/c")]
    cards = board(card("oak/b"), card("oak/c"))
    before = progress(path(*entries, choose=1), NEW, cards)
    assert [row.counts for row in before.rows] == [False, True, False]
    after = progress(path(*entries, choose=1), cleared("oak/c"), cards)
    assert [row.counts for row in after.rows] == [False, False, True]
    assert after.is_complete


def test_next_is_the_first_that_can_be_played():
    """Work comes before what measures it, and a quest whose needs are cleared before one that is locked."""
    way = path(
        entry(EntryKind.OBJECTIVE, "oak/boss"), entry(EntryKind.LAB, "oak/none"), entry(EntryKind.LAB, "oak/b", "oak/a")
    )
    cards = board(card("oak/boss"), card("oak/b", "oak/a"), card("oak/a"))
    assert [target.id for target in way.in_order()] == ["oak/none", "oak/b", "oak/a", "oak/boss"]
    order: list[str] = []
    while (following := progress(way, cleared(*order), cards).following) is not None:
        order.append(following.target.id)
    assert order == ["oak/a", "oak/b", "oak/boss"]


def test_a_trial_is_done_when_its_gate_and_rank_were_passed():
    """Passing is kept by gate and rank, not by the trial's name."""
    trial = Entry("t", EntryKind.QUIZ, targets=(Target("oak/trial-d", TargetKind.TRIAL),))
    cards = board(card("oak/trial-d", kind=Kind.TRIAL, rank=Rank.D))
    passed = changes.sat(NEW, "oak", Rank.D, Sitting(NOW, 0, ("t",), 30, {}, frozenset({"t"})))
    assert states(progress(path(trial), NEW, cards)) == [State.OPEN]
    assert states(progress(path(trial), passed, cards)) == [State.DONE]


def test_a_clear_outlives_its_quest():
    """Nothing earned is taken away when a pack goes: what was cleared counts as done and as forged."""
    found = progress(path(entry(EntryKind.LAB, "oak/gone")), cleared("oak/gone"), {})
    assert states(found) == [State.DONE]
    assert found.mandatory.percent_of_forged == 100


def test_hours_are_added_up():
    """Spent: what the record says of the path's quests, each once. Planned: time boxes, else the entries' hours."""
    boxed = Part("boxed", (entry(EntryKind.LAB, "oak/a", hours=9.0),), hours=2.0)
    loose = Part("loose", (entry(EntryKind.LAB, "oak/a", hours=1.5), entry(EntryKind.LAB, hours=7, mandatory=False)))
    way = Path("p", "P", "Far.", "1 day", (Section("s", (boxed, loose)),))
    record = replace(NEW, quests={"oak/a": QuestRecord(seconds=1800.0), "elm/b": QuestRecord(seconds=9000.0)})
    found = progress(way, record, {})
    assert (found.hours_planned, found.hours_spent) == (3.5, 0.5)


def test_an_empty_board_is_no_error():
    """Nothing forged, nothing done, nothing next."""
    found = progress(path(entry(EntryKind.LAB, "oak/a")), NEW, {})
    assert found.mandatory.percent_of_forged == found.mandatory.percent_of_whole == 0
    assert found.following is None
