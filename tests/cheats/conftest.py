"""The cheat suite: every file is one line of the threat list (A1..A31, the runaway code of 1.4), tried for real against the judge.

A cheat is refused when the verdict is the right word; that the judge, its files and the next attempt are unharmed is part of it.
"""

from pathlib import Path

import pytest

from leveling.catalog.reading import read_quest
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Job, Judgement

QUESTS = Path(__file__).parent / "quests" / "cheats"
HONEST = (QUESTS / "plain" / "reference.py").read_text()
SLOW = """
import torch


def softmax(x):
    rows = []
    for row in x:
        e = torch.exp(row - row.max())
        rows.append(e / e.sum())
    return torch.stack(rows) if rows else x
"""
HUNGRY = """
import torch


def softmax(x):
    kept = [x.clone() for _ in range(8)]
    e = torch.exp(x - x.max(dim=1, keepdim=True).values)
    return e / e.sum(dim=1, keepdim=True) + 0 * sum(k[:1, :1] for k in kept)
"""


@pytest.fixture(scope="session")
def judge():
    with JudgeClient() as client:
        client.warm()
        yield client


@pytest.fixture
def attempt(judge):
    """attempt(source, quest="plain") -> Judgement. HONEST, SLOW and HUNGRY in the source stand for those above.

    Afterwards the same judge must still clear the honest solution: no cheat may harm it.
    """

    def run(source: str, quest: str = "plain", **options) -> Judgement:
        about = read_quest(QUESTS / quest, f"cheats/{quest}")
        for name, text in (("HONEST", HONEST), ("SLOW", SLOW), ("HUNGRY", HUNGRY)):
            source = source.replace(name, text)
        for event in judge.attempt(Job(about, source, "cheat.py", **options)):
            last = event
        return Judgement.from_json(last["judgement"])

    yield run
    verdict = run(HONEST)
    assert verdict.verdict == "cleared", verdict.cause
