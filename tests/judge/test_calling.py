"""Several calls are under way at once, and each answer, failure and death belongs to its own case."""

import pytest

from leveling.catalog.reading import read_quest
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Job
from tests.judging import judged

CHECKS = '''
import torch

from leveling.checks import Check, case


class Doubles(Check):
    """twice(x) is two times x."""

    calls = "twice(x)"
    seconds = 2.0

    def cases(self, draw):
        for size in range(1, 13):
            yield case(f"size {size}", x=torch.full((size,), 3.0))

    def probe(self, solution, x):
        return solution.twice(x)


class AfterIt(Check):
    """twice(x) works for a scalar."""

    calls = "twice(x)"
    part = "after"

    def cases(self, draw):
        yield dict(x=torch.tensor(4.0))

    def probe(self, solution, x):
        return solution.twice(x)
'''
HEAD = """
import ctypes, os, time, torch
def twice(x):
    n = x.numel()
"""
RIGHT = "def twice(x):\n    return 2 * x\n"


@pytest.fixture
def quest(pack):
    return read_quest(pack.quest(checks=CHECKS, reference=RIGHT), "tiny/row-sums")


@pytest.fixture(scope="module")
def judge():
    with JudgeClient() as client:
        yield client


@pytest.mark.parametrize("size", [1, 3, 8, 9, 12])
@pytest.mark.parametrize(
    ("deed", "word", "says"),
    [
        ("os._exit(7)", "crashed", "exit status 7"),
        ("ctypes.string_at(0)", "crashed", "SIGSEGV"),
        ("raise KeyError('lost')", "crashed", "KeyError"),
        ("return 3 * x", "wrong", "expected"),
        ("x += 1", "wrong", ""),
        ("raise NotImplementedError('twice')", "unfinished", ""),
    ],
)
def test_a_failure_names_its_own_case(judge, quest, size, deed, word, says):
    """Whatever happens at one of twelve calls, its case is the one that the learner reads, and later parts go on."""
    verdict = judged(judge, quest, f"{HEAD}    if n == {size}:\n        {deed}\n    return 2 * x\n")
    assert verdict.verdict == word
    assert says in verdict.checks[0].message
    if word != "unfinished":
        assert f"(size {size})" in verdict.checks[0].message
    # only where x has one element does the deed strike again
    assert verdict.checks[1].status == ("failed" if size == 1 else "passed")


def test_a_call_that_never_returns_names_its_own_case(judge, quest):
    """Calls before it are judged, calls behind it are forgotten, a new worker answers the next part."""
    verdict = judged(judge, quest, f"{HEAD}    while n == 5:\n        pass\n    return 2 * x\n")
    assert verdict.verdict == "too_slow" and "(size 5)" in verdict.checks[0].message
    assert verdict.checks[1].status == "passed"


def test_slow_calls_behind_a_failure_are_not_waited_for(judge, quest):
    """A failure is told at once: a worker that is still busy with later cases is replaced."""
    source = (
        f"{HEAD}    if n == 1 and x.dim():\n        return x\n    time.sleep(1.0 if n > 1 else 0)\n    return 2 * x\n"
    )
    verdict = judged(judge, quest, source)
    assert "(size 1)" in verdict.checks[0].message and verdict.checks[1].status == "passed"
    assert verdict.seconds < 10  # eleven sleeping calls would take longer


LARGE = '''
from leveling.checks import Check, case


class Large(Check):
    """grown(n) has n ones."""

    calls = "grown(n)"

    def cases(self, draw):
        for n in (1, 150 << 20, (150 << 20) + 1, (150 << 20) + 2, (150 << 20) + 3, 600 << 20):
            yield case(f"n {n}", n=n)

    def probe(self, solution, n):
        return solution.grown(n)
'''
GROWN = "import torch\ndef grown(n):\n    return torch.ones(min(n, 160 << 20), dtype=torch.uint8)\n"


def test_results_that_fit_one_by_one_are_taken_one_by_one(judge, pack):
    """Five results of 150 MiB do not fit beside one another into the memory that both sides share; each fits alone."""
    quest = read_quest(pack.quest(checks=LARGE, reference=GROWN), "tiny/row-sums")
    assert judged(judge, quest, GROWN).verdict == "cleared"
    verdict = judged(judge, quest, GROWN.replace("min(n, 160 << 20)", "n"))
    assert verdict.verdict == "wrong" and f"n {600 << 20}" in verdict.cause + verdict.checks[0].message


def test_one_seed_gives_the_same_calls_whether_grouped_or_not(judge, quest):
    """Every call begins with its own seed: what was called before leaves no trace in the generators."""
    noisy = (
        "import torch\nlast = []\ndef twice(x):\n    last.append(torch.rand(1).item())\n    return 2 * x + last[-1]\n"
    )
    job = Job(quest, noisy, "mine.py", seed=11)
    messages = [
        event["judgement"]["checks"][0]["message"]
        for _ in range(2)
        for event in judge.attempt(job)
        if event["event"] == "verdict"
    ]
    assert messages[0] == messages[1]
