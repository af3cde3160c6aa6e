"""What an attempt means: recorded, rewarded, never claimed before it is safe."""

from datetime import UTC, datetime, timedelta

import pytest

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import CheckResult, Judgement
from leveling.play import dailies, trialling
from leveling.play.game import Game
from leveling.play.settling import Settled
from leveling.play.trouble import Trouble
from leveling.saving import solutions as kept
from leveling.world.words import CheckStatus, Grade, Rank, Verdict
from tests.conftest import QUEST_TOML
from tests.judging import RIGHT, WRONG


class Clock:
    def __init__(self):
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def passes(self, **time):
        self.now += timedelta(**time)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def game(pack, clock):
    pack.quest()
    return Game(Catalog([Pack("p", pack.root / "quests")]), clock=clock)


@pytest.fixture
def quest(game):
    return game.catalog.quest("tiny/row-sums")


def cleared(quest, grade=Grade.A):
    return Judgement(quest.id, Verdict.CLEARED, "Every check passed.", grade=grade, seed=5)


def test_a_real_clear_is_recorded_with_its_evidence(game, quest, tmp_path):
    """XP, rank, the solution by its hash, the quest by its content; a second clear of the same grade adds nothing."""
    path = tmp_path / "mine.py"
    with JudgeClient() as client:
        path.write_text(WRONG)
        *_, failed = game.attempt(quest, path, client)
        path.write_text(RIGHT)
        *_, first = game.attempt(quest, path, client)
        *_, second = game.attempt(quest, path, client)
    assert isinstance(failed, Settled) and failed.xp == 0 and failed.saved
    assert first.xp > 0 and first.first and ("tiny", Rank.E) in first.ranks
    assert second.xp == 0 and not second.ranks
    known = game.known(quest.id)
    assert (known.attempts, known.failures) == (3, 1)
    assert kept.text_of(game.store.folder, known.best.solution) == RIGHT
    assert known.best.content and known.best.seed


def test_nothing_is_recorded_with_no_save_or_by_a_fault_of_ours(game, quest, tmp_path):
    """--no-save leaves no trace; neither does a judge_fault."""
    path = tmp_path / "mine.py"
    path.write_text(RIGHT)
    with JudgeClient() as client:
        *_, settled = game.attempt(quest, path, client, save=False)
    assert settled.judgement.verdict == "cleared" and not settled.saved
    game.settle(quest, Judgement(quest.id, Verdict.JUDGE_FAULT, "ours"))
    assert not game.store.exists()


def test_a_text_that_was_read_already_is_judged_as_it_was_read(game, quest, tmp_path):
    """Whoever read the file hands its text over: a save in between changes nothing."""
    path = tmp_path / "mine.py"
    path.write_text(WRONG)
    with JudgeClient() as client:
        *_, settled = game.attempt(quest, path, client, source=RIGHT)
    assert settled.judgement.verdict == "cleared"
    assert kept.text_of(game.store.folder, game.known(quest.id).best.solution) == RIGHT


def test_a_better_grade_gives_the_difference(game, quest):
    """C, then A: together what A alone would have given."""
    low, high = game.settle(quest, cleared(quest, Grade.C)), game.settle(quest, cleared(quest, Grade.A))
    assert low.xp > 0 and high.xp > 0 and high.best is Grade.A
    assert high.total_xp == low.xp + high.xp
    assert game.settle(quest, cleared(quest, Grade.C)).xp == 0


def test_a_clear_ahead_of_the_chain_opens_others_and_not_itself(pack, clock):
    """Who clears a locked quest in free roam is told of what opens behind it, not that this one is open now."""
    pack.quest()
    pack.quest("tiny/later", toml=QUEST_TOML.replace('rank = "E"', 'rank = "E"\nneeds = ["tiny/row-sums"]'))
    game = Game(Catalog([Pack("p", pack.root / "quests")]), clock=clock)
    ahead = game.settle(game.catalog.quest("tiny/later"), cleared(game.catalog.quest("tiny/later")))
    assert "tiny/later" not in ahead.opened


def test_hints_come_in_order_cost_once_and_are_free_after_the_clear(game, quest):
    """Each new hint takes a visible slice; an old one costs nothing; after a clear all are free."""
    with pytest.raises(Trouble, match="hint 1 comes first"):
        game.hint(quest, 2)
    first, again, second = game.hint(quest), game.hint(quest, 1), game.hint(quest)
    assert (first.number, again.number, second.number) == (1, 1, 2)
    assert first.cost > 0 and again.cost == 0 and second.cost > 0
    assert game.settle(quest, cleared(quest)).xp < game.offered(quest).full
    assert game.hint(quest, 3).cost == 0


def test_a_reveal_forfeits_until_solved_from_blank(game, quest, tmp_path, clock):
    """Cleared with the reference at hand: no XP. Begun again, the old file stands aside and the clear counts."""
    begun = game.begin(quest, tmp_path)
    begun.path.write_text("# mine\n")
    assert "x.sum" in game.reveal(quest)
    aided = game.settle(quest, cleared(quest))
    assert aided.aided and aided.xp == 0
    clock.passes(seconds=1)
    again = game.begin(quest, tmp_path)
    assert again.written and "NotImplementedError" in again.path.read_text()
    assert any("# mine" in path.read_text() for path in again.path.parent.glob("*.before-*"))
    assert game.settle(quest, cleared(quest)).xp > 0


def test_a_clear_that_cannot_be_saved_is_not_claimed(game, quest, tmp_path, monkeypatch):
    """A full or closed disk: the message says what to do, and no XP is shown."""
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    monkeypatch.setenv("LEVELING_HOME", str(blocked))
    stuck = Game(game.catalog, clock=game.clock)
    with pytest.raises(Trouble, match="--home"):
        stuck.settle(quest, cleared(quest))


DRILLS = QUEST_TOML.replace('kind = "quest"', 'kind = "drills"')
DRILL_CHECKS = '''
from leveling.checks import Check, Draw


class SumsRows(Check):
    """Sums every row."""

    part = "row_sums"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5))

    def probe(self, solution, x):
        return solution.row_sums(x)


class SumsAll(Check):
    """Sums everything."""

    part = "total"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5))

    def probe(self, solution, x):
        return solution.total(x)
'''


def test_drills_come_back_and_are_judged_alone(pack, clock):
    """A cleared set is forgotten with time; one function is written again and judged by its own checks alone."""
    folder = pack.quest(toml=DRILLS, checks=DRILL_CHECKS, reference=RIGHT + "\n\ndef total(x):\n    return x.sum()\n")
    (folder / "starter.py").write_text(
        "import torch\n\n\ndef row_sums(x):\n    raise NotImplementedError\n\n\ndef total(x):\n    raise NotImplementedError\n"
    )
    game = Game(Catalog([Pack("p", pack.root / "quests")]), clock=clock)
    quest = game.catalog.quest("tiny/row-sums")
    parts = tuple(
        CheckResult(name, CheckStatus.PASSED, part=part) for name, part in (("a", "row_sums"), ("b", "total"))
    )
    game.settle(quest, Judgement(quest.id, Verdict.CLEARED, "", parts, grade=Grade.A))
    assert dailies.due(game) == []
    clock.passes(days=30)
    drills = {drill.function: drill for drill in dailies.due(game)}
    assert drills.keys() == {"row_sums", "total"}
    drill = drills["row_sums"]
    blank = dailies.begin(drill).path.read_text()
    assert "def row_sums" in blank and "def total" not in blank and "import torch" in blank
    drill.path.write_text(RIGHT)
    xp = game.standing().xp
    with JudgeClient() as client:
        *_, judgement = dailies.attempt(game, drill, client, tries=1)
    assert judgement.verdict == "cleared" and [check.part for check in judgement.checks] == ["row_sums"]
    assert [each.function for each in dailies.due(game)] == ["total"]
    assert game.standing().xp > xp
    dailies.recalled(game, drills["total"], 1, knew=False)
    assert game.record.drills[drills["total"].id].due < game.record.drills[drill.id].due


def test_a_trial_is_sat_submitted_and_passed(pack, clock, tmp_path):
    """Blank files, a clock that runs, few submissions; a pass gives XP and stands for what lies below."""
    pack.quest("tiny/row-sums", toml=QUEST_TOML.replace('rank = "E"', 'rank = "D"'))
    game = Game(Catalog([Pack("p", pack.root / "quests")]), clock=clock)
    table = trialling.sit_down(game, "tiny", Rank.D)
    assert trialling.sit_down(game, "tiny", Rank.D) == table
    (task,) = table.tasks
    with JudgeClient() as client:
        *_, first = trialling.submit(game, "tiny", Rank.D, task.quest, client)
        assert first.verdict == "unfinished"
        task.path.write_text(RIGHT)
        *_, second = trialling.submit(game, "tiny", Rank.D, task.quest, client)
        assert second.verdict == "cleared"
        with pytest.raises(Trouble, match="cleared in this trial already"):
            list(trialling.submit(game, "tiny", Rank.D, task.quest, client))
    passed = trialling.look(game, "tiny", Rank.D)
    assert passed.outcome == "passed" and passed.tasks[0].left == table.tasks[0].left - 2
    assert game.record.passed("tiny") == {Rank.D}


def test_a_trial_that_ran_out_of_time_takes_no_more(pack, clock):
    """The clock runs while the app is closed; the next try waits."""
    pack.quest("tiny/row-sums", toml=QUEST_TOML.replace('rank = "E"', 'rank = "D"'))
    game = Game(Catalog([Pack("p", pack.root / "quests")]), clock=clock)
    table = trialling.sit_down(game, "tiny", Rank.D)
    clock.passes(minutes=table.seconds_left / 60 + 1)
    with JudgeClient() as client, pytest.raises(Trouble, match="over"):
        list(trialling.submit(game, "tiny", Rank.D, "tiny/row-sums", client))
    with pytest.raises(Trouble, match="may be tried again from"):
        trialling.sit_down(game, "tiny", Rank.D)
    clock.passes(days=3)
    assert trialling.sit_down(game, "tiny", Rank.D).outcome == "running"


def test_giving_up_a_trial_costs_nothing_that_was_earned(pack, clock):
    """Clears made in it stay."""
    pack.quest("tiny/row-sums", toml=QUEST_TOML.replace('rank = "E"', 'rank = "D"'))
    game = Game(Catalog([Pack("p", pack.root / "quests")]), clock=clock)
    trialling.sit_down(game, "tiny", Rank.D)
    assert trialling.give_up(game, "tiny", Rank.D).outcome == "given_up"
    with pytest.raises(Trouble, match="no sitting"):
        trialling.give_up(game, "tiny", Rank.D)
