"""The rules of the coach, held by the examples that users read and by every solution of our own."""

import re
from pathlib import Path

import pytest

from leveling.coach.rules import RULES, remarks_on
from leveling.coach.source import Source

ROOT = Path(__file__).parents[2]
SECTIONS = re.split(r"^## ", (ROOT / "docs" / "coach-rules.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
EXAMPLES = {
    section.split("\n", 1)[0].strip(): re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    for section in SECTIONS
}
OURS = sorted(
    path
    for folder in ("quests/*/*", "dungeons/*/*/*")
    for kind in ("reference.py", "right/*.py")
    for path in ROOT.glob(f"{folder}/{kind}")
)
# remarks on a right/ file that are true all the same
TRUE_REMARKS = {
    (
        "tensors/creation-drills/right/other-idioms.py",
        "legacy-constructor",
    ): "written to show an idiom that still works",
    (
        "modules/weight-initialisation/right/draws-again.py",
        "dot-data",
    ): "the older idiom for filling weights, which still works",
}


def rules_on(text):
    return [remark.rule for remark in remarks_on(Source(text))]


def test_data_of_ones_own_parameters_is_an_attribute_like_any_other():
    """A Parameter that the project wrote, or an echo, keeps its tensor where it likes; torch's is still flagged."""
    text = "from {home} import Parameter\n\n\ndef decay(layer):\n    layer.weight.data = 0.9 * layer.weight.data\n"
    assert rules_on(text.format(home="base_classes")) == []
    assert "dot-data" in rules_on(text.format(home="torch.nn"))


def test_a_product_that_is_used_whole_is_no_waste():
    """Its diagonal may be added to, as long as something else looks at the rest."""
    text = "def ridge(x):\n    h = x.mT @ x\n    h.diagonal().add_(1.0)\n    return h\n"
    assert rules_on(text) == []
    other = "\n\ndef norms(x):\n    h = x.mT @ x\n    return h.diagonal()\n"
    assert rules_on(text + other) == ["diagonal-of-a-product"]


def test_the_document_lists_the_rules_in_their_order():
    """docs/coach-rules.md has one section for every rule, the gravest first, each with a bad and a good example."""
    assert list(EXAMPLES) == [rule.name for rule in RULES]
    assert {len(pair) for pair in EXAMPLES.values()} == {2}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_bad_example_breaks_its_rule_and_no_other(name):
    """What the document calls bad is flagged, by exactly that rule."""
    assert rules_on(EXAMPLES[name][0]) == [name]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_good_example_breaks_no_rule(name):
    """What the document calls good is left in peace by every rule."""
    assert rules_on(EXAMPLES[name][1]) == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: "/".join(path.parts[-4:]))
def test_no_rule_cries_wolf_on_our_own_solutions(path):
    """No reference is flagged at all, and no other right solution but for a true remark that is listed with its reason."""
    where = path.relative_to(ROOT).as_posix().removeprefix("quests/")
    remarks = remarks_on(Source(path.read_text(encoding="utf-8")))
    found = [str(remark) for remark in remarks if (where, remark.rule) not in TRUE_REMARKS]
    assert found == []


def test_a_remark_names_its_line_and_reads_as_sentences():
    """A remark says where, what stands there, why it matters and what to write."""
    (remark,) = remarks_on(Source(EXAMPLES["equals-nan"][0]))
    assert remark.line == 2
    assert "float('nan')" in remark.text
    assert remark.why.endswith(".") and remark.better.endswith(".")


PEACEFUL = {
    "data of a class of one's own is no tensor's": """
class Parameter:
    def __init__(self, data):
        self.data = data

def half(network):
    for parameter in network.parameters():
        parameter.data = parameter.data.half()
""",
    "a recurrence is no loop over rows": """
import torch
from torch import Tensor

def scan(x: Tensor) -> Tensor:
    state, out = x[0] * 0, []
    for i in range(len(x)):
        state = torch.tanh(state + x[i])
        out.append(state)
    return torch.stack(out)
""",
    "slices of unequal length are no rows": """
import torch
from torch import Tensor

def prefixes(x: Tensor) -> Tensor:
    return torch.stack([x[: i + 1].sum() for i in range(len(x))])
""",
    "a softmax that was overwritten is not what the loss is given": """
import torch
import torch.nn.functional as F

def loss(x, w, y):
    p = torch.softmax(x, -1)
    p = p @ w
    return F.cross_entropy(p, y)
""",
    "a branch may have changed the value": """
import torch
import torch.nn.functional as F

def loss(x, y, raw):
    p = torch.softmax(x, -1)
    if raw:
        p = x
    return F.cross_entropy(p, y)
""",
    "math.log is not a tensor's": """
import math

def nats(x):
    return math.log(1 + x)
""",
    "the name of a function of one's own is not torch's": """
def softmax(x):
    return x

def loss(x):
    return softmax(x).log()
""",
    "data of something that is no tensor": """
def first(batch):
    return batch.data[0]
""",
    "a GPU that was asked for": """
import torch

def device():
    return torch.zeros(1, device="cuda" if torch.cuda.is_available() else "cpu").cuda()
""",
    "an index may lie on the CPU": """
import torch
from torch import Tensor

def picked(x: Tensor, y: Tensor) -> Tensor:
    return x[torch.arange(len(x)), y]
""",
    "generation reads what it has gathered": """
import torch

def generate(model, tokens, n):
    for _ in range(n):
        tokens = torch.cat([tokens, model(tokens)[:, -1:].argmax(-1)], 1)
    return tokens
""",
    "numbers that change while they are read cannot be read before": """
from torch import Tensor

def sieve(flags: Tensor) -> list:
    flags = flags.clone()
    found = []
    for i in range(2, len(flags)):
        if int(flags[i]):
            found.append(i)
            flags[i * i :: i] = 0
    return found
""",
    "gradients that are accumulated on purpose are cleared somewhere": """
def train(model, loss_of, optimizer, batches):
    optimizer.zero_grad()
    for at, (x, y) in enumerate(batches):
        loss_of(model(x), y).backward()
        if at % 4 == 3:
            optimizer.step()
            optimizer.zero_grad()
""",
    "a list of layers that a container registers too": """
from torch import nn

class Tower(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.parts = [nn.Linear(width, width), nn.ReLU()]
        self.all = nn.Sequential(*self.parts)
""",
    "repeat along a dimension that is not new": """
from torch import Tensor

def tiled(x: Tensor, tile: Tensor) -> Tensor:
    return x + tile.repeat(2, 1)
""",
    "dropout under a question after training": """
import torch.nn.functional as F
from torch import nn

class Block(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.1) if self.training else x
""",
}


@pytest.mark.parametrize("why", PEACEFUL)
def test_what_only_looks_like_a_fault_is_left_in_peace(why):
    """Code near a rule that does not break it is not flagged by any."""
    assert rules_on(PEACEFUL[why]) == []


def test_aliases_and_imports_are_followed():
    """A name means what it was imported as, however it is spelled."""
    text = """
from torch import softmax as soft
from torch.nn import functional

def loss(x, y):
    ce = functional.cross_entropy
    return ce(soft(x, -1), y)
"""
    assert rules_on(text) == ["probabilities-for-logits"]
