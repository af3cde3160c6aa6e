"""The forge may ask for every check: what one refuses when no failure before it counts."""

import pytest

from leveling.catalog.reading import read_quest
from leveling.judge.protocol import Job, Judgement
from leveling.world.words import CheckStatus, Verdict

CHECKS = '''from leveling.checks import Check


class Doubles(Check):
    """Twice the values."""

    def cases(self, draw):
        yield dict(x=draw.normal(3, 5))

    def probe(self, solution, x):
        return solution.row_sums(x) * 2


class Keeps(Doubles):
    """Comes by its own word after the first."""

    after = Doubles


class Sums(Check):
    """Sums once more."""

    def cases(self, draw):
        yield dict(x=draw.normal(4, 2))

    def probe(self, solution, x):
        return solution.row_sums(x)


class Shapes(Check):
    """Of the shape alone, which is right."""

    def cases(self, draw):
        yield dict(x=draw.normal(4, 2))

    def probe(self, solution, x):
        return list(solution.row_sums(x).shape)
'''
WRONG = "def row_sums(x):\n    return x.sum(1) + 1\n"


@pytest.mark.parametrize(
    ("every", "words"),
    [(False, ("failed", "skipped", "skipped", "skipped")), (True, ("failed", "skipped", "failed", "passed"))],
)
def test_no_failure_ends_an_attempt_that_asks_for_every_check(client, pack, every, words):
    """Checks of the same part go on after a failure; one that comes `after` the failed one is left out either way."""
    quest = read_quest(pack.quest(checks=CHECKS), "tiny/row-sums")
    [*_, last] = client.attempt(Job(quest, WRONG, "mine.py", gates="none", every=every))
    found = Judgement.from_json(last["judgement"])
    assert tuple(check.status for check in found.checks) == tuple(CheckStatus(word) for word in words), found
    assert found.verdict is Verdict.WRONG
