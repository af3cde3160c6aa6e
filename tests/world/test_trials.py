"""Trials: what is drawn, what passes, what ends a sitting; and where a placement leads."""

from datetime import UTC, datetime, timedelta

import pytest

from leveling.world import changes
from leveling.world.board import lay_out
from leveling.world.card import Card
from leveling.world.placement import placement
from leveling.world.record import OVERALL, Clear, Record
from leveling.world.synthetic import full_board
from leveling.world.tables import SUBMISSIONS_A_TASK
from leveling.world.trials import (
    Outcome,
    TrialRefused,
    begin,
    draw,
    give_up,
    has_trial,
    may_begin_at,
    outcome,
    seconds_left,
    submissions_left,
    submit,
)
from leveling.world.words import Grade, Kind, Rank

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEW = Record(NOW.date())
BOARD = lay_out(full_board())


def test_the_written_trial_is_the_trial():
    """Where an author wrote one for the gate and rank nothing else is drawn."""
    assert draw(NEW, BOARD, "tensors", Rank.D, 1).tasks == ("tensors/trial-d",)


def test_a_seed_draws_unseen_quests():
    """The same seed gives the same trial, others others; what was cleared already comes last."""
    known = NEW
    for number in range(3):
        known = changes.cleared(known, f"tensors/c-{number}", Clear(Grade.C, Rank.C, NOW, NOW.date()))
    drawn = {draw(known, BOARD, "tensors", Rank.C, seed).tasks for seed in range(30)}
    assert drawn == {("tensors/c-3", "tensors/c-4"), ("tensors/c-4", "tensors/c-3")}
    assert draw(NEW, BOARD, "tensors", Rank.C, 5) == draw(NEW, BOARD, "tensors", Rank.C, 5)


def test_a_lone_quest_is_joined_by_the_rank_below():
    """One quest of the rank makes a trial with one of the nearest lower rank."""
    board = lay_out([Card("oak/s", "", Rank.S, Kind.QUEST, 90), Card("oak/c", "", Rank.C, Kind.QUEST, 30)])
    trial = draw(NEW, board, "oak", Rank.S, 0)
    assert (trial.tasks, trial.minutes) == (("oak/s", "oak/c"), 120)


def test_an_overall_trial_has_each_task_from_another_gate():
    """Breadth is tested by breadth."""
    tasks = draw(NEW, BOARD, OVERALL, Rank.B, 3).tasks
    assert len({task.split("/")[0] for task in tasks}) == len(tasks) == 3


@pytest.mark.parametrize(
    ("gate", "rank", "says"), [("oak", Rank.D, "no quest of rank D"), ("tensors", Rank.E, "no trial")]
)
def test_what_cannot_be_drawn_is_refused_in_words(gate, rank, says):
    """An unknown gate has none; rank E needs none."""
    assert not has_trial(BOARD, gate, rank)
    with pytest.raises(TrialRefused, match=says):
        draw(NEW, BOARD, gate, rank, 0)


def test_all_tasks_in_time_pass():
    """A sitting that was put away and taken up again passes when every task is cleared."""
    trial = draw(NEW, BOARD, "tensors", Rank.C, 0)
    sitting = begin(trial, NOW)
    for task in trial.tasks:
        sitting = submit(sitting, task, NOW, cleared=False)
        sitting = submit(sitting, task, NOW + timedelta(minutes=1), cleared=True)
    record = changes.sat(NEW, "tensors", Rank.C, sitting)
    assert outcome(sitting, NOW) is Outcome.PASSED
    assert record.passed("tensors") == {Rank.C} and record.trial("tensors", Rank.C).tries == 1


def test_submissions_and_time_are_limited():
    """The last allowed submission that fails ends it; so does the deadline; so does leaving."""
    trial = draw(NEW, BOARD, "tensors", Rank.C, 0)
    task = trial.tasks[0]
    sitting = begin(trial, NOW)
    late = sitting.deadline + timedelta(seconds=1)
    assert outcome(sitting, sitting.deadline) is Outcome.RUNNING and outcome(sitting, late) is Outcome.OUT_OF_TIME
    assert seconds_left(sitting, late) == 0 and outcome(give_up(sitting), NOW) is Outcome.GIVEN_UP
    with pytest.raises(TrialRefused, match="over"):
        submit(sitting, task, late, cleared=True)
    with pytest.raises(TrialRefused, match="no task"):
        submit(sitting, "oak/other", NOW, cleared=True)
    for _ in range(SUBMISSIONS_A_TASK):
        sitting = submit(sitting, task, NOW, cleared=False)
    assert outcome(sitting, NOW) is Outcome.FAILED and submissions_left(sitting)[task] == 0


def test_a_failed_trial_may_be_tried_again_after_some_hours():
    """Nothing is lost by failing; the pause is for learning."""
    sitting = give_up(begin(draw(NEW, BOARD, "tensors", Rank.C, 0), NOW))
    record = changes.sat(NEW, "tensors", Rank.C, sitting)
    again = may_begin_at(record, "tensors", Rank.C, NOW)
    assert again > NOW and may_begin_at(record, "tensors", Rank.C, again) == again
    assert may_begin_at(NEW, "tensors", Rank.C, NOW) == NOW


def play(said: Rank, true: Rank | None) -> tuple[Rank | None, int]:
    """Follow a placement to its border, for someone who passes trials up to `true`."""
    record, now = changes.placed(NEW, "tensors", said, NOW), NOW
    tries = 0
    while (where := placement(record, BOARD, "tensors", now)).next is not None:
        sitting = begin(draw(record, BOARD, "tensors", where.next, tries), now)
        passes = true is not None and where.next.level <= true.level
        for task in sitting.tasks:
            sitting = submit(sitting, task, now, cleared=passes) if passes else give_up(sitting)
        record = changes.sat(record, "tensors", where.next, sitting)
        tries, now = tries + 1, now + timedelta(days=1)
    return placement(record, BOARD, "tensors", now).passed, tries


@pytest.mark.parametrize("said", list(Rank))
@pytest.mark.parametrize("true", [None, *list(Rank)[1:]])
def test_a_placement_finds_the_border(said, true):
    """Whatever was said at the start, trials find what the person can do, in few tries."""
    found, tries = play(said, true)
    assert found is true
    assert tries <= 5
