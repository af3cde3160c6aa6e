"""What leveling.data offers to a solution while it is judged."""

import pytest

from leveling.catalog.reading import read_quest
from leveling.judge.client import JudgeClient
from leveling.world.words import Verdict
from tests.judging import judged

GENERATES = """
import torch
from leveling.data import rings

def row_sums(x):
    points, labels = rings(8, seed=1)
    assert points.shape == (8, 2) and labels.dtype == torch.int64
    return x.sum(1)
"""
READS = """
from leveling.data import digits

def row_sums(x):
    digits("test")
    return x.sum(1)
"""


@pytest.fixture(scope="module")
def judge():
    with JudgeClient() as client:
        yield client


def test_generators_work_where_a_solution_is_judged(judge, pack):
    """Importing them costs a worker nothing and shows it no file of ours."""
    quest = read_quest(pack.quest(), "tiny/row-sums")
    assert judged(judge, quest, GENERATES).verdict is Verdict.CLEARED


def test_what_lies_in_files_is_handed_as_inputs(judge, pack):
    """The digits, whose labels would be answers, cannot be read there; the message says where images come from."""
    quest = read_quest(pack.quest(), "tiny/row-sums")
    found = judged(judge, quest, READS)
    assert found.verdict is Verdict.CRASHED
    assert "hands you the images that you are to work with" in found.checks[0].message
