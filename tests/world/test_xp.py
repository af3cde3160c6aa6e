"""XP: what a clear, a hint, a reveal and a repeat are worth."""

import itertools
from datetime import UTC, datetime

from leveling.world import changes
from leveling.world.levels import level_standing, xp_of_level
from leveling.world.record import Clear, DrillMemory, Record
from leveling.world.synthetic import full_board
from leveling.world.tables import TOP_LEVEL, XP_OF_RANK
from leveling.world.words import Grade, Rank
from leveling.world.xp import offered, total_xp, worth

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW.replace(hour=15)
DAY = NOW.date()
NEW = Record(DAY)
QUEST = "oak/one"


def cleared(record: Record, grade: Grade, at: datetime = NOW) -> Record:
    return changes.cleared(record, QUEST, Clear(grade, Rank.D, at, at.date()))


def test_a_rank_is_worth_three_of_the_one_below():
    """Low ranks cannot buy high ones."""
    worths = [XP_OF_RANK[rank] for rank in Rank]
    assert all(high == 3 * low for low, high in itertools.pairwise(worths))


def test_a_better_grade_gives_the_difference_and_a_repeat_nothing():
    """C, then A, then C again is worth what A is worth."""
    first = cleared(NEW, Grade.C)
    better = cleared(first, Grade.A, LATER)
    assert total_xp(first) == worth(Rank.D, Grade.C) < total_xp(better) == worth(Rank.D, Grade.A)
    assert total_xp(cleared(better, Grade.C, LATER)) == total_xp(better)


def test_hints_cost_what_was_said_and_are_free_after_the_clear():
    """The slice shown before a hint is the slice that goes; after an own clear nothing goes."""
    before = offered(Rank.D, NEW.quest(QUEST))
    hinted = changes.hinted(NEW, QUEST, 1)
    after = offered(Rank.D, hinted.quest(QUEST))
    assert before.full == before.left == after.left + before.hint and before.hint > 0
    done = cleared(hinted, Grade.S)
    assert total_xp(done) == after.left
    assert changes.hinted(done, QUEST, 2) == done
    assert offered(Rank.D, done.quest(QUEST)).hint == 0


def test_hints_never_eat_everything():
    """However many there are, more than half of the XP is left."""
    assert worth(Rank.E, Grade.S, 99) > XP_OF_RANK[Rank.E] // 2


def test_a_reveal_forfeits_until_solved_again_from_a_blank_file():
    """Aided clears give nothing; a blank file and a clear give what is due; nothing is lost by a reveal afterwards."""
    seen = changes.revealed(changes.started(NEW, QUEST, NOW), QUEST, NOW)
    aided = cleared(seen, Grade.S)
    assert offered(Rank.D, seen.quest(QUEST)).is_forfeited
    assert total_xp(aided) == 0 and aided.quest(QUEST).is_cleared and not aided.quest(QUEST).solved_again
    again = cleared(changes.started(aided, QUEST, LATER), Grade.B, LATER)
    assert total_xp(again) == worth(Rank.D, Grade.B) and again.quest(QUEST).solved_again
    assert changes.revealed(again, QUEST, LATER) == again


def test_drills_give_a_little_and_only_when_due():
    """At most five a day count; one that was not due, or was not recalled, does not."""
    record = NEW
    for number in range(9):
        record = changes.drilled(record, f"oak/drills#f{number}", DrillMemory(LATER, NOW), DAY, was_due=True)
    assert 0 < total_xp(record) <= XP_OF_RANK[Rank.E]
    assert total_xp(changes.drilled(NEW, "oak/drills#f", DrillMemory(LATER, NOW), DAY, was_due=False)) == 0
    assert total_xp(changes.drilled(NEW, "oak/drills#f", DrillMemory(LATER, NOW, lapses=1), DAY, was_due=True)) == 0


def test_levels_rise_with_xp_and_end():
    """Each level costs more than the one before; a cleared board reaches the top."""
    spans = [xp_of_level(level + 1) - xp_of_level(level) for level in range(1, TOP_LEVEL)]
    assert spans == sorted(spans) and spans[0] > 0
    assert level_standing(0).level == 1 and level_standing(xp_of_level(7)).level == 7
    everything = sum(worth(card.rank, Grade.A) for card in full_board())
    assert 90 <= level_standing(everything).level <= TOP_LEVEL
    assert level_standing(10**9).span == 0
