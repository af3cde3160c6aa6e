"""One word for every way an attempt can end, with a cause that says what to do."""

import pytest

from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Job
from tests.judging import RIGHT, WRONG, judged

ENDS = {
    "cleared": RIGHT,
    "wrong": WRONG,
    "unfinished": "def row_sums(x):\n    raise NotImplementedError('row_sums')\n",
    "crashed": "def row_sums(x):\n    return x.summ(1)\n",
    "too_slow": "def row_sums(x):\n    while True:\n        pass\n",
}


@pytest.fixture(scope="module")
def judge():
    with JudgeClient() as client:
        yield client


@pytest.mark.parametrize("word", ENDS)
def test_each_end_has_its_word(judge, quest, word):
    """The word, a cause, and the seed with which it can be repeated."""
    verdict = judged(judge, quest, ENDS[word])
    assert verdict.verdict == word and verdict.cause and verdict.seed


def test_a_crash_names_the_line_and_the_error(judge, quest):
    """The learner reads their own line, not ours."""
    message = judged(judge, quest, ENDS["crashed"]).checks[0].message
    assert "line 2" in message and "x.summ(1)" in message and "AttributeError" in message
    assert "leveling" not in message


def test_a_wrong_value_says_got_and_expected(judge, quest):
    """What was called, which shape came, which was expected, with which input."""
    message = judged(judge, quest, WRONG).checks[0].message
    assert "row_sums(x)" in message and "(5,)" in message and "(3,)" in message and "float32 (3, 5)" in message


def test_the_same_seed_gives_the_same_failure(judge, quest):
    """A verdict can be repeated with its seed."""
    first = judged(judge, quest, WRONG)
    again = judged(judge, quest, WRONG, seed=first.seed)
    assert [check.message for check in again.checks] == [check.message for check in first.checks]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"checks": "import no_such_thing"}, "no_such_thing"),
        ({"checks": "x = ("}, "checks.py"),
        ({"reference": "def row_sums(x):\n    return 1 / 0\n"}, "reference"),
        ({"reference": "raise ValueError('broken')"}, "reference"),
        ({"more_toml": '\n[[gates]]\nkind = "ops"\ndevice = "cpu"\non = "Nowhere"\nlimit = 1\n'}, "Nowhere"),
    ],
)
def test_a_broken_quest_is_our_fault(judge, pack, files, words):
    """judge_fault, with the place; the learner's solution is not blamed."""
    from leveling.catalog.reading import read_quest

    quest = read_quest(pack.quest(**files), "tiny/row-sums")
    verdict = judged(judge, quest, RIGHT)
    assert verdict.verdict == "judge_fault" and words in verdict.cause


def test_events_tell_each_check_as_it_falls(judge, quest):
    """started, then a check each, then the verdict."""
    events = [event["event"] for event in judge.attempt(Job(quest, RIGHT, "mine.py"))]
    assert events[0] == "started" and events[-1] == "verdict" and events.count("check") >= 1


def test_spawned_workers_judge_the_same(quest, monkeypatch):
    """The way of other systems and of CUDA: fresh interpreters instead of forks, the same words."""
    monkeypatch.setenv("LEVELING_WORKERS", "spawn")
    with JudgeClient() as client:
        for word in ("cleared", "wrong", "unfinished", "crashed"):
            assert judged(client, quest, ENDS[word]).verdict == word


def test_a_missing_package_seals_the_quest(judge, pack):
    """Neither passed nor failed: the last event says what to install."""
    from leveling.catalog.reading import read_quest
    from tests.conftest import QUEST_TOML

    toml = 'packages = ["no_such_package"]\nextra = "search"\n' + QUEST_TOML
    quest = read_quest(pack.quest(toml=toml), "tiny/row-sums")
    last = list(judge.attempt(Job(quest, RIGHT, "mine.py")))[-1]
    assert last["event"] == "sealed" and "leveling[search]" in last["reason"]
