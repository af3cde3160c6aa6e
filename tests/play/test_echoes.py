"""Echoes: later solutions import what was cleared before, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.cli import main
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Judgement
from leveling.play import echoing, shelf
from leveling.play.attempting import Announced
from leveling.play.game import Game
from leveling.play.settling import Settled
from leveling.play.trouble import Trouble
from leveling.saving import solutions as kept
from leveling.world.words import Grade, Verdict
from tests.conftest import QUEST_TOML
from tests.judging import RIGHT

TOTAL = """
def total(x):
    return {}
"""
TOTAL_CHECKS = '''
from leveling.checks import Check


class Total(Check):
    """total(x) is the sum of every entry."""

    calls = "total(x)"

    def cases(self, draw):
        yield dict(x=draw.normal(3, 5))

    def probe(self, solution, x):
        return solution.total(x)
'''
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def game(pack):
    pack.quest()
    pack.quest("tiny/more-sums")
    toml = QUEST_TOML.replace("row_sums(x)", "total(x)")
    assert toml != QUEST_TOML
    pack.quest("tiny/total", toml=toml, checks=TOTAL_CHECKS, reference=TOTAL.format("x.sum()"))
    return Game(Catalog([Pack("p", pack.root / "quests")]), clock=lambda: NOON)


@pytest.fixture(scope="module")
def judge():
    with JudgeClient() as client:
        yield client


def clear(game, quest="tiny/row-sums", source=RIGHT, grade=Grade.A):
    game.settle(game.catalog.quest(quest), Judgement(quest, Verdict.CLEARED, "", grade=grade, seed=5), source)


def attempt(game, judge, tmp_path, source, quest="tiny/total"):
    path = tmp_path / "mine.py"
    path.write_text(source)
    return list(game.attempt(game.catalog.quest(quest), path, judge))


USING = "from echoes.tiny import row_sums\n" + TOTAL.format("row_sums(x).sum()")


def test_a_clear_is_imported_in_a_later_quest(game, judge, tmp_path):
    """The learner's own file runs in the arena under its gate's name; the verdict says whose echo was used."""
    clear(game)
    events = attempt(game, judge, tmp_path, USING)
    announced = next(event for event in events if isinstance(event, Announced))
    assert announced.echoes == ("tiny/row-sums",)
    assert isinstance(events[-1], Settled) and events[-1].judgement.verdict == "cleared"


def test_it_is_the_learners_own_file_that_runs(game, judge, tmp_path):
    """An echo that errs makes the later solution err: neither the reference nor anything else stands in for it."""
    wrong_later = "calls = 0\ndef row_sums(x):\n    return x.sum(1) + 7\n"
    clear(game, source=wrong_later)
    *_, settled = attempt(game, judge, tmp_path, USING)
    assert settled.judgement.verdict == "wrong"


def test_an_echo_may_import_echoes(game, judge, tmp_path):
    """What an echo needs comes with it, by module or by gate."""
    clear(game)
    clear(
        game,
        "tiny/more-sums",
        "from echoes.tiny.row_sums import row_sums as inner\ndef row_sums(x):\n    return inner(x)\n",
    )
    source = "import echoes.tiny.more_sums as other\n" + TOTAL.format("other.row_sums(x).sum()")
    *_, settled = attempt(game, judge, tmp_path, source)
    assert settled.judgement.verdict == "cleared"


@pytest.mark.parametrize("line", ["return x.sum(1)", "return getattr(x, 's' + 'um')(1)"])
def test_what_a_quest_forbids_is_forbidden_in_its_echoes_too(game, pack, judge, tmp_path, line):
    """The forbidden call may not hide in an earlier clear; the message names the echo's line."""
    toml = QUEST_TOML.replace("row_sums(x)", "total(x)")
    why = 'forbid = [{ name = "torch.sum", why = "it is what you are building" }]\n'
    pack.quest(
        "tiny/total",
        toml=toml.replace("[wrong", why + "\n[wrong", 1),
        checks=TOTAL_CHECKS,
        reference=TOTAL.format("x.flatten() @ x.new_ones(x.numel())"),
    )
    clear(game, source=f"def row_sums(x):\n    {line}\n")
    source = "from echoes.tiny import row_sums\n" + TOTAL.format("row_sums(x) @ x.new_ones(len(x))")
    *_, settled = attempt(game, judge, tmp_path, source)
    assert settled.judgement.verdict == "forbidden"
    assert "line 2 of your echo echoes/tiny/row_sums.py: torch.sum is forbidden" in settled.judgement.cause
    assert "it is what you are building" in settled.judgement.cause
    clear(game, source="def row_sums(x):\n    return x @ x.new_ones(x.shape[1])\n", grade=Grade.S)
    *_, settled = attempt(game, judge, tmp_path, source)
    assert settled.judgement.verdict == "cleared"


@pytest.mark.parametrize(
    "load", ["importlib.import_module('echoes.tiny.row_sums')", "__import__('echoes.tiny', fromlist=['row_sums'])"]
)
def test_a_name_put_together_at_run_time_finds_no_echo(game, judge, tmp_path, load):
    """Echoes are looked up from what the file writes out: a string names no module, although the quest is cleared."""
    clear(game)
    source = f"import importlib\n{TOTAL.format(f'{load}.row_sums(x).sum()')}"
    *_, settled = attempt(game, judge, tmp_path, source)
    assert settled.judgement.verdict == "crashed"
    assert "No module named 'echoes'" in settled.judgement.cause


def test_the_message_of_a_failure_names_the_line_in_the_echo(game, judge, tmp_path):
    """A learner reads their own earlier line, under the name that they import it by."""
    clear(game, source="def row_sums(x):\n    return x.no_such_method(1)\n")
    *_, settled = attempt(game, judge, tmp_path, USING)
    message = settled.judgement.checks[0].message
    assert "echoes/tiny/row_sums.py" in message and "no_such_method" in message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("from echoes.tiny import row_sums\n", "not cleared yet: leveling start tiny/more-sums"),
        ("from echoes.tiny.row_sums import row_sums\n", "leveling reveal tiny/row-sums"),
        ("from echoes.tiny import nothing_like_it\n", "no other quest of the gate tiny grants 'nothing_like_it'"),
        ("from echoes.tiny import total\n", "this very quest asks for it"),
        ("from echoes.tiny.total import total\n", "its own echo cannot be imported"),
        ("from echoes.nowhere import x\n", "no gate 'nowhere'"),
        ("import echoes\n", "say from which gate"),
        ("from echoes.tiny import *\n", "name what you want"),
        ("from echoes.tiny.no_quest import x\n", "no quest no-quest"),
    ],
)
def test_an_import_that_nothing_stands_behind_is_explained_before_anything_runs(game, judge, tmp_path, source, words):
    """Which quest grants it, how to get it, in which line: and it is no attempt."""
    with pytest.raises(Trouble, match=r"line 2: ") as told:
        attempt(game, judge, tmp_path, "\n" + source)
    assert words in str(told.value)
    assert not game.known("tiny/total").attempts


@pytest.mark.parametrize("way", ["echoes.tiny.row_sums", "echoes.tiny"])
def test_no_quest_is_read_that_has_nothing_to_give(game, pack, monkeypatch, way):
    """Of a gate's quests only the one named, or those with a record, are opened: a gate may hold hundreds."""
    clear(game)
    pack.quest("tiny/never-begun")
    assert len(list(game.catalog.cards("tiny"))) == 4
    opened = []
    read = Catalog.quest

    def noted(catalog, name):
        opened.append(name)
        return read(catalog, name)

    monkeypatch.setattr(Catalog, "quest", noted)
    quest = read(game.catalog, "tiny/total")
    source = f"from {way} import row_sums\n"
    found = echoing.hand(game.catalog, quest, source, game.echo, game.record.quests)
    assert opened == ["tiny/row-sums"] and [echo.quest for echo in found.echoes] == opened


@pytest.mark.parametrize("broken", ["tiny/more-sums", "tiny/row-sums"])
def test_a_quest_that_cannot_be_read_grants_nothing(game, pack, broken):
    """A faulty quest beside does no harm; an import of its own is told like that of no quest."""
    clear(game)
    list(game.catalog.cards("tiny"))
    faulty = QUEST_TOML.replace('rank = "E"', 'rank = "Q"')
    pack.quest(broken, toml=faulty)
    quest = game.catalog.quest("tiny/total")
    source = "from echoes.tiny import row_sums\n"
    if broken == "tiny/more-sums":
        assert [echo.quest for echo in echoing.hand(game.catalog, quest, source, game.echo).echoes] == ["tiny/row-sums"]
        return
    with pytest.raises(Trouble, match=r"not cleared yet: leveling start tiny/more-sums"):
        echoing.hand(game.catalog, quest, source, game.echo)
    with pytest.raises(Trouble, match="the gate tiny has no quest row-sums"):
        echoing.hand(game.catalog, quest, "from echoes.tiny.row_sums import row_sums\n", game.echo)


def test_two_echoes_of_one_name_are_told_apart_by_their_module(game, judge, tmp_path):
    """The message writes out both ways."""
    clear(game)
    clear(game, "tiny/more-sums", RIGHT + "# other\n")
    with pytest.raises(Trouble, match=r"from echoes.tiny.more_sums import row_sums or from echoes.tiny.row_sums"):
        attempt(game, judge, tmp_path, USING)


def test_a_revealed_reference_is_borrowed_and_says_so(game, judge, tmp_path):
    """Whoever skips a quest may build on its reference; the mark goes when they clear it."""
    quest = game.catalog.quest("tiny/row-sums")
    game.reveal(quest)
    announced = next(each for each in attempt(game, judge, tmp_path, USING) if isinstance(each, Announced))
    assert announced.echoes == ("tiny/row-sums (borrowed)",)
    assert [each.is_borrowed for each in shelf.shelf(game) if each.quest == quest.id] == [True]


def test_a_file_changed_behind_the_back_is_no_echo(game, judge, tmp_path):
    """The hash of what was cleared decides, not the name of a file."""
    clear(game)
    stored = kept.path_of(game.store.folder, game.known("tiny/row-sums").echo)
    stored.write_text("def row_sums(x):\n    return 'smuggled'\n")
    with pytest.raises(Trouble, match=r"was changed or is gone. Clear tiny/row-sums again"):
        attempt(game, judge, tmp_path, USING)


def test_trials_and_drills_are_written_from_blank():
    """No echo helps where fluency is asked for."""
    with pytest.raises(Trouble, match="line 1 imports an echo: a trial is written from a blank file"):
        echoing.refuse_echoes(USING, "a trial")
    echoing.refuse_echoes(RIGHT, "a trial")


def test_another_clear_may_take_its_place(game, capsys):
    """The best clear is the echo until the learner says otherwise; the choice is in the save."""
    later = RIGHT + "# a second way\n"
    clear(game, grade=Grade.A)
    clear(game, source=later, grade=Grade.C)
    before = game.known("tiny/row-sums").echo
    changed = shelf.swap(game, game.catalog.quest("tiny/row-sums"))
    assert changed.solution != before and changed.others == (before,)
    again = Game(game.catalog, clock=lambda: NOON + timedelta(days=1))
    assert echoing.from_save(again.record, again.store)(game.catalog.quest("tiny/row-sums")).source == later
    with pytest.raises(Trouble, match="names no single other clear"):
        shelf.swap(game, game.catalog.quest("tiny/row-sums"), "zz")


def test_the_list_says_what_each_does_and_where_it_is_used(game, pack, capsys):
    """Names, module, day, and the quests whose clears import it."""
    clear(game)
    clear(game, "tiny/total", USING)
    assert main(["--pack", str(pack.root), "echoes"]) == 0
    told = capsys.readouterr().out
    assert "echoes.tiny.row_sums" in told and "used by tiny/total" in told and "grade A" in told
    assert main(["--pack", str(pack.root), "echoes", "swap", "tiny/row-sums"]) == 2
    assert "one solution only" in capsys.readouterr().err


def test_without_clears_the_list_says_how_to_begin(pack, capsys):
    """An empty shelf is no error."""
    pack.quest()
    assert main(["--pack", str(pack.root), "echoes"]) == 0
    assert "No echoes yet" in capsys.readouterr().out
