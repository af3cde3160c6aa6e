"""Which quests are open, and why others are not."""

from dataclasses import replace
from datetime import UTC, datetime

from leveling.world import changes
from leveling.world.board import lay_out
from leveling.world.card import Card
from leveling.world.record import OVERALL, Clear, Record, Sitting
from leveling.world.unlocking import Access, Door, chains, doors
from leveling.world.words import Grade, Kind, Rank

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEW = Record(NOW.date())


def card(name: str, rank: Rank, *needs: str, packages: tuple[str, ...] = ()) -> Card:
    return Card(name, name.upper(), rank, Kind.QUEST, 30, needs=needs, packages=packages)


CARDS = [
    card("oak/a", Rank.E),
    card("oak/b", Rank.D, "oak/a"),
    card("oak/sealed", Rank.D, "oak/b", packages=("faiss",)),
    card("oak/c", Rank.C, "oak/sealed", "nowhere/quest"),
]


def look(record: Record, cards: list[Card] = CARDS) -> dict[str, Door]:
    return doors(record, lay_out(cards, {"faiss"}))


def cleared(record: Record, name: str) -> Record:
    return changes.cleared(record, name, Clear(Grade.C, Rank.E, NOW, NOW.date()))


def passed(gate: str, rank: Rank) -> Record:
    return changes.sat(NEW, gate, rank, Sitting(NOW, 0, ("t",), 30, {}, frozenset({"t"})))


def test_a_locked_quest_says_what_opens_it():
    """The missing quest by its title, and the trial as the other way."""
    door = look(NEW)["oak/b"]
    assert door.access is Access.LOCKED and door.missing == ("oak/a",)
    assert door.reason == 'Clear "OAK/A" first, or pass the trial of rank D in oak.'
    assert look(cleared(NEW, "oak/a"))["oak/b"] == Door(Access.OPEN)


def test_a_sealed_need_is_looked_through():
    """What cannot be done here blocks nothing, but what lies before it must be cleared; unknown needs are met."""
    assert look(NEW)["oak/sealed"].access is Access.SEALED
    assert look(NEW)["oak/c"].missing == ("oak/b",)
    assert look(cleared(cleared(NEW, "oak/a"), "oak/b"))["oak/c"].access is Access.OPEN


def test_a_trial_opens_what_it_covers_and_the_next():
    """Everything up to its rank is open, and what rests on that."""
    access = {name: door.access for name, door in look(passed("oak", Rank.D)).items()}
    assert access == {"oak/a": "open", "oak/b": "open", "oak/sealed": "sealed", "oak/c": "open"}


def test_a_trial_of_several_gates_covers_the_ranks_below():
    """Rank C overall opens rank D everywhere."""
    assert look(passed(OVERALL, Rank.C))["oak/b"].access is Access.OPEN
    assert look(passed(OVERALL, Rank.D))["oak/b"].access is Access.OPEN  # since oak/a is covered
    assert look(passed("elm", Rank.S))["oak/b"].access is Access.LOCKED


def test_free_roam_opens_doors_and_says_what_counts():
    """Anything may be tried; the reason names what makes it count."""
    door = look(changes.chosen(NEW, "free_roam", "on", NOW))["oak/c"]
    assert door.access is Access.ROAMING and "counts for rank once" in door.reason


def test_circles_do_not_hang():
    """Needs in a circle, which the author's tools refuse, lock those quests and nothing else."""
    circle = [card("oak/x", Rank.E, "oak/y"), card("oak/y", Rank.E, "oak/x"), card("oak/me", Rank.E, "oak/me")]
    found = look(NEW, [*CARDS, *circle])
    assert found["oak/x"].access is Access.LOCKED
    assert found["oak/a"].access is Access.OPEN


def test_the_nearest_missing_are_named():
    """Behind a roaming clear the quest before it is named; long lists are cut."""
    board = lay_out(CARDS, {"faiss"})
    assert chains(cleared(NEW, "oak/b"), board).missing("oak/c") == ("oak/a",)
    many = [card(f"oak/m{number}", Rank.E) for number in range(6)]
    last = replace(card("oak/last", Rank.D), needs=tuple(each.id for each in many))
    assert '"OAK/M2" and 3 more' in look(NEW, [*many, last])["oak/last"].reason
