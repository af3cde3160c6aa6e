"""What a quest forbids is a verdict of its own, found by reading and, beyond that, while the checks run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from leveling.judge.client import JudgeClient
from leveling.judge.forbidding import ForbiddenCall, raise_for_hits
from leveling.judge.protocol import Job, Judgement
from leveling.world.quest import Forbidden, Quest
from leveling.world.words import Kind, Rank, Verdict

CHECKS = '''
from leveling.checks import Check, gradients

class Sums(Check):
    """Running sums along the last dimension."""
    calls = "running(x)"

    def cases(self, draw):
        yield dict(x=draw.normal(3, 5, requires_grad=True))

    def probe(self, solution, x):
        y = solution.running(x)
        return y, gradients(y, x=x)
'''
REFERENCE = "import torch\ndef running(x):\n    return x.cumsum(-1)\n"
BY_HAND = (
    "import torch\ndef running(x):\n    parts = [x[..., 0]]\n    for i in range(1, x.shape[-1]):\n"
    "        parts.append(parts[-1] + x[..., i])\n    return torch.stack(parts, -1)\n"
)
THROUGH_A_DICT = "import torch\ndef running(x):\n    return vars(torch)['cum' + 'sum'](x, -1)\n"
AS_A_METHOD = "def running(x):\n    add_up = getattr(x, 'cum' + 'sum')\n    return add_up(-1)\n"
PRODUCT = "import torch\ndef running(x):\n    n = x.shape[-1]\n    return x @ torch.ones(n, n).triu().to(x)\n"


@pytest.fixture(scope="module")
def judge() -> Iterator[JudgeClient]:
    with JudgeClient() as client:
        yield client


def judged(judge: JudgeClient, folder: Path, source: str, *forbid: Forbidden, ops: tuple[str, ...] = ()) -> Judgement:
    (folder / "checks.py").write_text(CHECKS, encoding="utf-8")
    (folder / "reference.py").write_text(REFERENCE, encoding="utf-8")
    quest = Quest("a/running", "R", Rank.E, Kind.QUEST, 5, folder, forbid=forbid, forbid_ops=ops)
    *_, last = judge.attempt(Job(quest, source, "solution.py"))
    return Judgement.from_json(last["judgement"])


CUMSUM = Forbidden("torch.cumsum", why="it is what you are building")


def test_honest_work_is_cleared(judge, tmp_path):
    """A solution without the forbidden thing passes, whatever the reference uses."""
    assert judged(judge, tmp_path, BY_HAND, CUMSUM).verdict is Verdict.CLEARED


def test_a_name_in_the_file_is_forbidden_before_anything_runs(judge, tmp_path):
    """Reading the file suffices: no check runs."""
    found = judged(judge, tmp_path, REFERENCE, CUMSUM)
    assert found.verdict is Verdict.FORBIDDEN
    assert "line 3: torch.cumsum" in found.cause
    assert "it is what you are building" in found.cause
    assert {check.status for check in found.checks} == {"skipped"}


@pytest.mark.parametrize("source", [THROUGH_A_DICT, AS_A_METHOD])
def test_what_the_tree_does_not_show_is_seen_at_run_time(judge, tmp_path, source):
    """A name put together at run time is caught by the watch, with line, check and reason."""
    found = judged(judge, tmp_path, source, CUMSUM)
    assert found.verdict is Verdict.FORBIDDEN
    failed = next(check for check in found.checks if check.status == "failed")
    assert failed.name == "sums"
    assert "line 3: torch.cumsum" in failed.message
    assert "it is what you are building" in failed.message


OWN_METHOD = (
    "class Line:\n    def __init__(self, x):\n        self.x = x\n\n    def cumsum(self, dim):\n        parts = [self.x[..., 0]]\n"
    "        for i in range(1, self.x.shape[-1]):\n            parts.append(parts[-1] + self.x[..., i])\n"
    "        import torch\n        return torch.stack(parts, dim)\n\n"
)


def test_a_method_of_ones_own_with_a_forbidden_name_is_no_tensors(judge, tmp_path):
    """A class that defines such a method may call it; a tensor's is seen at run time, whatever the file defines."""
    honest = OWN_METHOD + "def running(x):\n    return Line(x).cumsum(-1)\n"
    assert judged(judge, tmp_path, honest, CUMSUM).verdict is Verdict.CLEARED
    hidden = OWN_METHOD + "def running(x):\n    return x.cumsum(-1)\n"
    assert judged(judge, tmp_path, hidden, CUMSUM).verdict is Verdict.FORBIDDEN


def test_allowed_functions_are_allowed_at_run_time_too(judge, tmp_path):
    """`allowed_in` holds for the watch as for the reading."""
    rule = Forbidden("torch.cumsum", allowed_in=("running",))
    assert judged(judge, tmp_path, THROUGH_A_DICT, rule).verdict is Verdict.CLEARED
    assert judged(judge, tmp_path, REFERENCE, rule).verdict is Verdict.CLEARED


@pytest.mark.parametrize("line", ["y = x.data", "x.data = x * 1", "y = getattr(torch.Tensor, 'da' + 'ta').__get__(x)"])
def test_a_property_is_watched_when_it_is_read_or_set(judge, tmp_path, line):
    """What a tensor offers as an attribute can be forbidden like a function."""
    source = f"import torch\ndef running(x):\n    {line}\n    return torch.cumsum(x, -1)\n"
    found = judged(judge, tmp_path, source, Forbidden("torch.Tensor.data", why="it reaches past autograd"))
    assert found.verdict is Verdict.FORBIDDEN
    assert "line 3: torch.Tensor.data" in found.cause and "past autograd" in found.cause
    rule = Forbidden("torch.Tensor.data", allowed_in=("running",))
    assert judged(judge, tmp_path, source, rule).verdict is Verdict.CLEARED
    honest = "import torch\nclass Own:\n    data = 3\ndef running(x):\n    return torch.cumsum(x * Own.data / 3, -1)\n"
    assert judged(judge, tmp_path, honest, Forbidden("torch.Tensor.data")).verdict is Verdict.CLEARED


def test_what_torch_reads_for_itself_is_nobodys_fault(judge, tmp_path):
    """Casting a layer, copying it and filling its parameters touch `.data` inside torch: the learner's line does not."""
    source = (
        "import copy, torch\ndef running(x):\n    layer = copy.deepcopy(torch.nn.Linear(5, 5)).double().float()\n"
        "    torch.nn.utils.vector_to_parameters(torch.zeros(30), layer.parameters())\n    return torch.cumsum(x, -1)\n"
    )
    assert judged(judge, tmp_path, source, Forbidden("torch.Tensor.data")).verdict is Verdict.CLEARED


def test_ops_are_watched_below_all_names(judge, tmp_path):
    """A forbidden op is found whatever function dispatched it; others pass."""
    assert judged(judge, tmp_path, PRODUCT, ops=("aten.cumsum",)).verdict is Verdict.CLEARED
    found = judged(judge, tmp_path, PRODUCT, ops=("aten.mm",))
    assert found.verdict is Verdict.FORBIDDEN
    assert "aten.mm" in found.cause


def test_layers_are_watched_when_they_are_called(judge, tmp_path):
    """A forbidden layer is seen however its class was reached; what the probe itself calls is not the learner's."""
    source = (
        "import torch\nmake = vars(torch.nn)['Soft' + 'max']\n"
        "def running(x):\n    make(-1)(x)\n    return vars(torch)['cumsum'](x, -1)\n"
    )
    found = judged(judge, tmp_path, source, Forbidden("torch.nn.Softmax", why="write it"))
    assert found.verdict is Verdict.FORBIDDEN
    assert "line 4: torch.nn.Softmax" in found.cause


@pytest.mark.parametrize("claim", [None, 3, {}, [3], [{}], [{"name": ["x"]}], [{"name": "torch.sum", "line": 3}]])
def test_a_worker_cannot_report_what_nobody_forbade(tmp_path, claim):
    """The report is a claim: nonsense in it, or a name that the quest does not forbid, says nothing."""
    quest = Quest("a/b", "B", Rank.E, Kind.QUEST, 5, tmp_path, forbid=(CUMSUM,))
    raise_for_hits({"forbidden": claim}, quest)
    with pytest.raises(ForbiddenCall):
        raise_for_hits({"forbidden": [{"name": "torch.cumsum", "line": "no"}]}, quest)
