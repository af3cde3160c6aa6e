"""A tiny quest and a judge."""

import pytest

from leveling.catalog.reading import read_quest
from leveling.judge.client import JudgeClient


@pytest.fixture
def quest(pack):
    return read_quest(pack.quest(), "tiny/row-sums")


@pytest.fixture
def client():
    with JudgeClient() as judge:
        yield judge
