"""The status in one call: advice with reasons, drills without debt, titles by facts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from leveling.world import changes
from leveling.world.board import lay_out
from leveling.world.drills import due_drills
from leveling.world.recommending import Deed
from leveling.world.record import Clear, DrillMemory, Record
from leveling.world.standing import standing
from leveling.world.streaks import monday_of, streak
from leveling.world.synthetic import full_board
from leveling.world.trials import begin, draw
from leveling.world.words import Grade, Rank

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = NOW.date()
NEW = Record(DAY)
CARDS = full_board()


def cleared(record: Record, name: str, grade: Grade = Grade.C) -> Record:
    record = changes.attempted(record, name, NOW, DAY, 60.0, cleared=True)
    return changes.cleared(record, name, Clear(grade, Rank.E, NOW, DAY))


def with_drills(count: int) -> Record:
    drills = {
        f"tensors/e-0#f{number:02d}": DrillMemory(NOW, NOW - timedelta(days=9), stability=number + 1.0)
        for number in range(count)
    }
    return replace(NEW, drills=drills)


def test_a_beginner_is_led_in():
    """Nothing done: no rank, level 1, no title, and ways in with a reason."""
    found = standing(NEW, CARDS, DAY)
    assert (found.xp, found.level.level, found.overall.rank, found.titles, found.cleared) == (0, 1, None, (), 0)
    assert found.advice and all(advice.reason.endswith(".") for advice in found.advice)
    assert found.doors[found.advice[0].target].access == "open"


def test_what_was_begun_comes_before_what_is_new():
    """Drills that are due, then a running trial, then the quest begun, then the path."""
    record = changes.started(with_drills(2), "tensors/e-1", NOW)
    record = changes.sat(record, "tensors", Rank.C, begin(draw(NEW, lay_out(CARDS), "tensors", Rank.C, 0), NOW))
    deeds = [advice.deed for advice in standing(record, CARDS, DAY, now=NOW, path=["autograd/e-0"]).advice]
    assert deeds[:4] == [Deed.DRILL, Deed.TRIAL, Deed.CONTINUE, Deed.PATH]


def test_the_path_leads_to_what_comes_before():
    """Where the next quest of the path is locked, the first open quest towards it is advised."""
    advice = next(each for each in standing(NEW, CARDS, DAY, path=["tensors/d-1"]).advice if each.deed is Deed.PATH)
    assert advice.target == "tensors/e-0"
    assert "comes before" in advice.reason


def test_a_rank_that_was_reached_is_told_once():
    """It is in `reached` until the record holds the promotion."""
    record = NEW
    for number in range(4):
        record = cleared(record, f"tensors/e-{number}")
    reached = standing(record, CARDS, DAY).reached
    assert ("tensors", Rank.E) in reached
    for gate, rank in reached:
        record = changes.promoted(record, gate, rank, DAY)
    assert standing(record, CARDS, DAY).reached == ()


def test_only_the_trial_missing_is_advised():
    """When the share is there, the trial is next."""
    record = NEW
    for rank, count in (("e", 4), ("d", 5)):
        for number in range(count):
            record = cleared(record, f"tensors/{rank}-{number}")
    assert ("trial", "tensors:D") in {(each.deed, each.target) for each in standing(record, CARDS, DAY).advice}


def test_drills_are_few_and_leave_no_debt():
    """Of forty that are due five come, the most forgotten first; what was done today counts; sealed ones wait."""
    record = with_drills(40)
    due = due_drills(record, NOW, DAY)
    assert due == tuple(f"tensors/e-0#f{number:02d}" for number in range(5))
    assert len(due_drills(replace(record, days={DAY: 3}), NOW, DAY)) == 2
    assert due_drills(record, NOW, DAY, known=()) == ()
    assert due_drills(record, NOW - timedelta(seconds=1), DAY) == ()


def test_titles_come_from_facts():
    """The first clear, a grade S, a title each; an aided clear earns none."""
    found = {title.name for title in standing(cleared(NEW, "tensors/e-0", Grade.S), CARDS, DAY).titles}
    assert {"First Spark", "Ahead of the Reference"} <= found
    aided = cleared(changes.revealed(NEW, "tensors/e-0", NOW), "tensors/e-0", Grade.S)
    assert standing(aided, CARDS, DAY).titles == ()


def weeks(*kept: int) -> set[date]:
    first = monday_of(date(2026, 1, 5))
    return {first + timedelta(weeks=week, days=day) for week in kept for day in (0, 3)}


def test_an_idle_week_takes_a_freeze_or_begins_a_new_run():
    """Three weeks earn a freeze, which holds the fifth; the sixth breaks; the best stays."""
    start = date(2026, 1, 5)
    assert streak(weeks(0, 1, 2), start + timedelta(weeks=3)).freezes == 1
    held = streak(weeks(0, 1, 2, 4), start + timedelta(weeks=5))
    assert (held.weeks, held.best) == (4, 4)
    broken = streak(weeks(0, 1, 2), start + timedelta(weeks=6))
    assert (broken.weeks, broken.best) == (0, 3)
    repaired = streak(weeks(0, 1, 2), start + timedelta(weeks=6), {start + timedelta(weeks=week) for week in (3, 4, 5)})
    assert (repaired.weeks, repaired.freezes) == (3, 1)


def test_the_present_week_never_breaks_a_run():
    """On Monday nothing is lost yet; two days make the week count."""
    monday = date(2026, 1, 5)
    assert streak(weeks(0), monday + timedelta(weeks=1)).weeks == 1
    found = streak(weeks(0, 1), monday + timedelta(weeks=1, days=6))
    assert (found.weeks, found.days, found.is_kept) == (2, 2, True)
