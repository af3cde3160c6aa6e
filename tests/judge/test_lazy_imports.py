"""What torch imports late is there before the sandbox closes: no honest solution pays for it."""

import pytest

from leveling.catalog.reading import read_quest
from leveling.judge.client import JudgeClient
from leveling.world.words import Verdict
from tests.judging import judged

STEPS = """
import torch

def row_sums(x):
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1)
    (weight - 1).square().sum().backward()
    optimizer.step()
    return x.sum(1)
"""


@pytest.mark.parametrize("source", [STEPS, STEPS.replace("import torch\n", "import torch\nfrom torch import optim\n")])
def test_an_optimizer_can_be_built_in_an_attempt(pack, source):
    """An optimizer imports torch._dynamo, which would make a folder that a worker may not make."""
    quest = read_quest(pack.quest(), "tiny/row-sums")
    with JudgeClient() as judge:
        found = judged(judge, quest, source)
    assert found.verdict is Verdict.CLEARED, found.cause
