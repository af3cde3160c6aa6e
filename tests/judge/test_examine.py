"""Reading a learner's file without running it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from leveling.catalog import Catalog
from leveling.judge.examine import examine
from leveling.judge.examine.forbidden import at_stake, forbidden_uses
from leveling.world.quest import Forbidden, Quest
from leveling.world.words import Kind, Rank


def quest(*forbid: str | Forbidden, signature: tuple[str, ...] = ()) -> Quest:
    rules = tuple(each if isinstance(each, Forbidden) else Forbidden(each, why="build it") for each in forbid)
    return Quest("a/b", "B", Rank.E, Kind.QUEST, 5, Path("nowhere"), signature=signature, forbid=rules)


def spelled(source: str, *forbid: str | Forbidden) -> list[str]:
    return [f"{use.line} {use.spelled}" for use in examine(source, "solution.py", quest(*forbid)).forbidden]


@pytest.mark.parametrize(
    ("source", "forbid"),
    [
        ("import torch\ntorch.einsum('i->', x)", "torch.einsum"),
        ("import torch as t\nt.einsum('i->', x)", "torch.einsum"),
        ("from torch import einsum as e\ne('i->', x)", "torch.einsum"),
        ("from torch import *\neinsum('i->', x)", "torch.einsum"),
        ("import torch\ngetattr(torch, 'einsum')('i->', x)", "torch.einsum"),
        ("import importlib\nimportlib.import_module('torch').einsum('i->', x)", "torch.einsum"),
        ("import torch\nt = torch.functional; t.einsum('i->', x)", "torch.einsum"),
        ("import torch\nmy = torch.einsum", "torch.einsum"),
        ("import torch.nn.functional as F\nF.softmax(x, -1)", "torch.nn.functional.softmax"),
        ("from torch.nn import functional\nfunctional.softmax(x, -1)", "torch.nn.functional.softmax"),
        ("import torch\ntorch.nn.functional.softmax(x, -1)", "torch.nn.functional.softmax"),
        ("import torch\ntorch.softmax(x, -1)", "torch.nn.functional.softmax"),
        ("def f(x):\n  return x.softmax(-1)", "torch.nn.functional.softmax"),
        ("def f(x):\n  return (x + 1).cumsum(0)", "torch.cumsum"),
        ("def f(x):\n  return x.cumsum(0)", "Tensor.cumsum"),
        ("import torch\ntorch.cumsum(x, 0)", "torch.Tensor.cumsum"),
        ("def f(x):\n  return getattr(x, 'cumsum')(0)", "torch.cumsum"),
        ("def f(x, y):\n  return x @ y", "torch.matmul"),
        ("def f(x, y):\n  x @= y", "torch.matmul"),
        ("from torch import nn\nclass A(nn.MultiheadAttention): pass", "torch.nn.MultiheadAttention"),
        ("x = 1\nprint(sorted([x]))", "sorted"),
        ("import numpy as np\nnp.dot(a, b)", "numpy"),
    ],
)
def test_a_forbidden_name_is_found_however_it_is_spelled(source, forbid):
    """Aliases, star imports, getattr, methods and the operator all lead to the name; the line is told."""
    assert [text.split()[0] for text in spelled(source, forbid)] == ["2"]


@pytest.mark.parametrize(
    ("source", "forbid"),
    [
        ("def softmax(x): return x\ny = softmax(1)", "torch.nn.functional.softmax"),
        ("class A:\n  def go(self, x): return self.softmax(x)", "torch.nn.functional.softmax"),
        ("class A:\n  def go(self, x): return self.block.dropout(x)", "torch.nn.functional.dropout"),
        ("class Value:\n  def backward(self): pass\nValue().backward()", "torch.Tensor.backward"),
        ("import numpy as np\nnp.cumsum([1])", "torch.cumsum"),
        ("def f(names): names.sort()", "torch.sort"),
        ("def f(einsum): return einsum(1)\nfrom torch import einsum", "torch.einsum"),
        ("def f(a, b): return a * b  # torch.matmul, a @ b", "torch.matmul"),
        ("'''do not use torch.einsum'''", "torch.einsum"),
        ("import torch\ntorch.einsum_path", "torch.einsum"),
        ("import torch.nn as nn\nnn.Unfold(2)\ndef f(x): return x.unfold(0, 2, 1)", "torch.nn.functional.unfold"),
    ],
)
def test_what_only_looks_alike_is_allowed(source, forbid):
    """A function of one's own, another library's, a list's method, a comment: none is the forbidden thing."""
    assert spelled(source, forbid) == []


def test_allowed_in_a_function_or_a_method():
    """`allowed_in` names functions, or methods with their class."""
    source = (
        "import torch\n"
        "def load_torch(x):\n    return torch.einsum('i->', x)\n"
        "class A:\n    def load(self, x):\n        return [torch.einsum('i->', y) for y in x]\n"
        "    def other(self, x):\n        return torch.einsum('i->', x)\n"
    )
    rule = Forbidden("torch.einsum", allowed_in=("load_torch", "A.load"))
    assert spelled(source, rule) == ["8 torch.einsum"]


def test_the_finding_names_line_and_reason():
    """The learner reads the line, the name, their own spelling and the author's reason."""
    found = examine("import torch.nn.functional as F\ny = F.softmax(1)", "a.py", quest("torch.softmax"))
    assert found.lines() == ("a.py: line 2: torch.softmax (here as F.softmax) is forbidden in this quest: build it",)
    assert not found.clean


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("def f(:\n  pass", 1, "not valid Python"),
        ("x = (1,\ny = 2", 1, "never closed"),
        ("def f():\nreturn 1", 2, "must be indented"),
        ("x = 'abc", 1, "no closing quote"),
        ("x = 1\nif x = 2: pass", 2, "to compare write =="),
        ("a = 1\nb = '\0'", 2, "null byte"),
        ("return 3", 1, "outside of every function"),
        ("x = '\udc80'", 1, "UTF-8"),
        ("(" * 5000 + ")" * 5000, None, ""),
    ],
)
def test_syntax_faults_have_a_place_and_plain_words(source, line, says):
    """What is no Python is told with its line, in words for a learner, and nothing is raised."""
    fault = examine(source, "a.py", quest()).syntax
    assert fault is not None
    assert line is None or fault.line == line
    assert says in fault.message


def test_missing_names_come_with_the_likely_slip():
    """A name the quest asks for must be defined, imported or assigned; a near miss is offered."""
    asked = quest(signature=("attention(q, k, v)", "q (..., T, D), k like q", "Head.forward(self, x)", "rope(x)"))
    found = examine("def atention(q, k, v): ...\nfrom parts import Head\n", "a.py", asked)
    assert [(name.name, name.similar) for name in found.missing] == [("attention", "atention"), ("rope", "")]
    assert not examine("attention = Head = rope = None", "a.py", asked).missing
    assert not examine("if 1:\n  def attention(): ...\nfrom x import *", "a.py", asked).missing


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def f(q, k, scale=None): ...", ""),
        ("def f(*args, **kwargs): ...", ""),
        ("def f(q, k, scale=None, more=1): ...", ""),
        ("def f(q, k): ...", "line 1: f lacks the parameter scale"),
        ("def f(q, k, scale=None, *, extra): ...", "demands extra"),
        ("def f(q, k, scale): ...", "no default for scale"),
        ("def f(query, k, scale=None): ...", "query (asked: q)"),
        ("class f:\n  def __init__(self, q, k, scale=None): ...", ""),
        ("class f:\n  def __init__(self, q, k): ...", "lacks the parameter scale"),
        ("f = lambda q: q", ""),
    ],
)
def test_parameters_that_do_not_fit_are_warned_of(source, says):
    """A definition that the checks cannot call as promised is a warning, never a verdict."""
    found = examine(source, "a.py", quest(signature=("f(q, k, scale: float | None = None) -> tuple[Tensor, Tensor]",)))
    assert found.clean
    assert len(found.warnings) == bool(says)
    assert all(says in text for text in found.warnings)


NAMES = (
    "torch.softmax",
    "torch.matmul",
    "torch.nn.functional",
    "numpy",
    "sorted",
    "torch.Tensor.data",
    "torch.nn.MultiheadAttention",
)
TRICKS = (
    "import torch.nn.functional as F\ns = F.softmax\ndef f(x):\n    return s(x, 0)\n",
    "from torch import *\ndef f(x):\n    return softmax(x, 0)\n",
    'import torch\ndef f(x):\n    return getattr(torch, "soft" "max")(x, 0)\n',
    'import torch\ndef f(x):\n    return getattr(torch, "\\x73oftmax")(x, 0)\n',
    "import torch\ndef f(x):\n    return torch.\uff53oftmax(x, 0)\n",
    "import torch\ndef f(x):\n    return torch._C._nn.gelu(x), x @ x, x.data\n",
    'import importlib\ndef f(x):\n    return importlib.import_module("num" "py").sum(x)\n',
    "import torch\ndef f(x):\n    return torch.nn.modules.activation.MultiheadAttention, sorted(x)\n",
)


def every_file() -> Iterator[tuple[str, tuple[Forbidden, ...]]]:
    """(source, rules) of a quarter of the files in the quests that forbid something."""
    catalog = Catalog()
    for card in catalog.cards():
        quest = catalog.quest(card.id)
        for path in sorted(quest.folder.rglob("*.py"))[::4] if quest.forbid else ():
            yield path.read_text(encoding="utf-8"), quest.forbid


def test_what_is_not_said_is_not_looked_for_and_nothing_is_missed() -> None:
    """The short look at the words of a file leaves out only rules that a full reading finds unbroken: in tricks and in all quests."""
    rules = tuple(Forbidden(name) for name in NAMES)
    broken = 0
    for source, forbid in (*((trick, rules) for trick in TRICKS), *every_file()):
        found = forbidden_uses(ast.parse(source), forbid)
        assert found == forbidden_uses(ast.parse(source), at_stake(source, forbid)), source
        broken += bool(found)
    assert broken > len(TRICKS)
    assert at_stake("def f(x):\n    return x + 1\n", (Forbidden("torch.softmax"), Forbidden("torch.matmul"))) == ()
