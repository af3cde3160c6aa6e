"""How far a hunter has come in a dungeon, and what floors mean for ranks and paths."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from leveling.world import changes
from leveling.world.dungeon import Dungeon, FloorState, climb, dungeon_of, is_floor, module_of, title_on_map
from leveling.world.path import Entry, EntryKind, Part, Section, Target, TargetKind
from leveling.world.path import Path as Way
from leveling.world.record import Clear, Record
from leveling.world.standing import standing
from leveling.world.travelling import State, progress
from leveling.world.words import Grade, Rank
from leveling.world.xp import total_xp

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NEW = Record(date(2026, 11, 1))
FLOORS = ("oak/den/low", "oak/den/mid", "oak/den/top")
DEN = Dungeon("oak/den", "Den", Rank.D, "A den.", FLOORS, Path("den"), minutes=90, echoes=("oak/a",))


def cleared(*floors, grade=Grade.A):
    record = NEW
    for floor in floors:
        record = changes.cleared(record, floor, Clear(grade, Rank.D, NOON, NOON.date()))
    return record


def test_ids_say_what_they_name():
    """Three parts are a floor; its module can be imported."""
    assert is_floor("oak/den/low") and not is_floor("oak/den")
    assert title_on_map("Boss: a scene") == "A scene" and title_on_map("Camera rays") == "Camera rays"
    assert dungeon_of("oak/den/low") == "oak/den" and module_of("oak/den/two-words") == "two_words"


def test_floors_open_one_after_another():
    """The first is open from the start; what is missing of the echoes is told."""
    begun = climb(DEN, NEW)
    assert begun.states == (FloorState.OPEN, FloorState.CLOSED, FloorState.CLOSED)
    assert begun.next == FLOORS[0] and begun.missing == ("oak/a",) and begun.grade is None
    further = climb(DEN, cleared(FLOORS[0]))
    assert further.states[:2] == (FloorState.CLEARED, FloorState.OPEN) and further.next == FLOORS[1]


def test_a_floor_cleared_once_stays_and_the_grade_is_the_lowest():
    """A clear above an uncleared floor counts; the dungeon's grade is that of its weakest floor, once all are cleared."""
    odd = climb(DEN, cleared(FLOORS[2]))
    assert odd.states == (FloorState.OPEN, FloorState.CLOSED, FloorState.CLEARED) and not odd.is_done
    record = changes.cleared(cleared(*FLOORS), FLOORS[1], Clear(Grade.C, Rank.D, NOON, NOON.date()))
    assert climb(DEN, record).is_done and climb(DEN, record).grade is Grade.A, "the better clear of a floor counts"
    weak = changes.cleared(cleared(FLOORS[0], FLOORS[2]), FLOORS[1], Clear(Grade.C, Rank.D, NOON, NOON.date()))
    assert climb(DEN, weak).grade is Grade.C and climb(DEN, weak).next == DEN.boss


def test_floors_give_xp_and_no_rank():
    """XP as a quest of that rank; neither a gate's rank nor the count of quests moves."""
    record = cleared(*FLOORS)
    now = standing(record, [], NOON.date())
    assert total_xp(record) == 3 * total_xp(cleared(FLOORS[0])) > 0
    assert now.cleared == 0 and now.gates == {} and now.overall.rank is None


def test_a_path_ticks_a_dungeon_when_every_floor_is_cleared():
    """Open, begun, done; not yet forged while no pack has it."""
    target = Target("oak/den", TargetKind.DUNGEON)
    entry = Entry("Den", EntryKind.PROJECT, targets=(target,))
    way = Way("w", "W", "Far.", "1 week", (Section("S", (Part("P", (entry,)),)),))
    cards = {"oak/den": DEN.card}

    def state(record, known=cards):
        return progress(way, record, known).rows[0].state

    assert state(NEW, {}) is State.NOT_FORGED and state(NEW) is State.OPEN
    assert state(changes.started(NEW, FLOORS[0], NOON)) is State.BEGUN
    assert state(cleared(*FLOORS[:2])) is not State.DONE
    assert state(cleared(*FLOORS)) is State.DONE
    spent = replace(cleared(*FLOORS).quest(FLOORS[0]), seconds=7200.0)
    record = replace(cleared(*FLOORS), quests={**cleared(*FLOORS).quests, FLOORS[0]: spent})
    assert progress(way, record, cards).hours_spent == 2.0
