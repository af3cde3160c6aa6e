"""What a learner reads about a difference."""

import math
from typing import Any

import pytest
import torch

from leveling.arena.wire import Foreign, TensorValue
from leveling.checks.tolerance import Tolerance
from leveling.judge.comparing import compare, summary

X = torch.randn(4, 4, generator=torch.Generator().manual_seed(1))


def tensors(value: Any) -> Any:
    """`value` with its tensors as a worker sends them."""
    if isinstance(value, torch.Tensor):
        return TensorValue(value.detach(), requires_grad=value.requires_grad)
    if isinstance(value, dict):
        return {key: tensors(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(tensors(item) for item in value)
    return value


def message(got, want, truth=None, **options) -> str:
    found = compare(tensors(got), tensors(want), tensors(truth), **options)
    return f"{found.kind}: {found.message}" if found else ""


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (-X, "the sign of every value is flipped"),
        (X.T.contiguous(), "dimensions 0 and 1 exchanged"),
        (X.flip(1), "reverse order along dimension 1"),
        (X.roll(1, 0), "rolled by 1 along dimension 0"),
        (X * 0, "every value is zero"),
        (X * 0 + 2.5, "every value is the same: 2.5"),
        (X / math.sqrt(5), "0.44721 times the expected one (1/sqrt(5))"),
        (X * 7 / 6, "n / (n - 1)"),
        (X + 0.25, "every value is too large by 0.25"),
        (X.bfloat16().float(), "in bfloat16 somewhere"),
        (X.half().float(), "in float16 somewhere"),
        (
            X.index_put((torch.tensor(2), torch.tensor(1)), torch.tensor(math.nan)),
            "NaN appears first at [2, 1] (1 of 16 in all)",
        ),
        (torch.cat([X[:3], X[3:] + torch.arange(4)]), "only the last row differs"),
        (torch.cat([X[:, :1].sin(), X[:, 1:]], 1), "only the first column differs"),
        (X * (1 + 1e-3 * X.cos()), "a constant (such as an eps) differs"),
    ],
)
def test_observations(got, says):
    """A wrong tensor that is plainly related to the expected one is told so."""
    assert says in message(got, X, X.double())


def test_an_offset_is_only_told_where_it_explains_the_errors():
    """Scattered errors have a mean too: it is worth a remark only where little is left without it."""
    want = torch.linspace(1, 2, 16, dtype=torch.float64)
    scattered = message(want + torch.linspace(-3e-7, 4e-7, 16, dtype=torch.float64), want, want)
    assert scattered.startswith("values") and "every value is too" not in scattered
    assert "every value is too large by 3e-07" in message(want + 3e-7, want, want)


def test_the_worst_element_is_named():
    """The message names the element, both values, how many differ and what was allowed."""
    got = X.clone()
    got[1, 3] += 1.0
    got[2, 2] += 0.01
    text = message({"weights": [X, got]}, {"weights": [X, X]})
    assert text.startswith(
        f"values: result['weights'][1] at [1, 3] is {float(got[1, 3]):.5g}, expected {float(X[1, 3]):.5g}"
    )
    assert "2 of 16 values differ" in text
    assert "allowed" in text


def test_whole_numbers_and_masks():
    """Whole numbers name the first difference; an inverted mask is recognised."""
    assert "result at [1] is 5, expected 2" in message(torch.tensor([1, 5, 3]), torch.tensor([1, 2, 3]))
    assert "too large by 1" in message(torch.tensor([2, 3, 6]), torch.tensor([1, 2, 5]))
    assert "mask is inverted" in message(X > 0, X <= 0)


@pytest.mark.parametrize(
    ("got", "want", "says"),
    [
        (None, X, "returned None, expected a tensor: is a return missing?"),
        ((X, None), (X, X), "result[1] is None, expected a tensor"),
        (1.5, X, "the float 1.5, expected a tensor; keep it a tensor"),
        (X.sum(), 1.5, ".item()"),
        ((X,), X, "comma after the return value"),
        ((X, X), (X, X, X), "a tuple with 2 items, expected 3"),
        ({"a": X, "c": X}, {"a": X, "b": X}, "lacks the key 'b' and has the unexpected key 'c'"),
        (Foreign("generator", "<generator>"), X, "a function that contains yield"),
        (TensorValue(X, kind="numpy.ndarray"), X, "a numpy array, expected a tensor; stay in torch"),
        (True, 1, "a bool"),
    ],
)
def test_structure(got, want, says):
    """Another type, length or set of keys is said before any value."""
    text = message(got, want)
    assert text.startswith("structure: ")
    assert says in text


def test_containers_only_when_strict():
    """A list passes for a tuple unless the quest is strict; a dict never passes for a list."""
    assert not message([X, X], (X, X))
    assert message([X, X], (X, X), tolerance=Tolerance(strict_containers=True)).startswith("structure")
    assert message({0: X}, [X]).startswith("structure")


@pytest.mark.parametrize(
    ("got", "want", "says"),
    [
        ((3, 2), (2, 3), "dimensions 0 and 1 are swapped"),
        ((2, 1, 3), (2, 3), "squeeze(1)"),
        ((2, 3), (2, 3, 1), "unsqueeze(2)"),
        ((2, 5), (2, 3, 5), "dimension 1 (size 3) is gone"),
        ((2, 3, 5), (2, 5), "dimension 1 (size 3) should have been reduced"),
        ((), (2, 3), "every dimension"),
        ((6, 5), (2, 3, 5), "merged or split"),
        ((2, 3), (2, 1), "keepdim=True"),
        ((2, 4), (2, 3), "one too long"),
    ],
)
def test_shapes_are_explained(got, want, says):
    """A wrong shape comes with the way it could have come about."""
    text = message(torch.zeros(got), torch.zeros(want))
    assert text.startswith(f"attributes: result has shape {got}, expected {want}")
    assert says in text


def test_dtype_and_graph():
    """dtype and a cut graph are attributes; a graph nobody asked for is none."""
    assert "float64, expected float32" in message(X.double(), X)
    assert "dtype float32, expected int64" in message(X, X.long())
    leaf = X.clone().requires_grad_()
    assert "the graph was cut" in message(X, leaf)
    assert not message(leaf, X)
    assert not message(X, leaf, tolerance=Tolerance(check_requires_grad=False))
    lies = compare(TensorValue(X, device="cpu"), TensorValue(X, device="cuda:0"), None)
    assert lies is not None
    assert "lies on cpu, expected cuda:0" in lies.message


def test_form_before_values():
    """A wrong shape in the second item is said before a wrong value in the first."""
    assert message((X + 1, X[0]), (X, X)).startswith("attributes: result[1]")


@pytest.mark.parametrize(
    ("got", "want", "says"),
    [
        ("abcd", "abxd", "index 2"),
        ("a" * 100 + "b" * 50, "a" * 100 + "c" * 50, "part at index 100"),
        ("abc", "abcdef", "missing: 'abcdef'"),
        ("Hello  there", "Hello there", "only white space"),
        (["x", "y"], ["x", "z"], "result[1] is 'y', expected 'z'"),
        (3, 4, "result is 3, expected 4"),
        (b"ab", b"ac", "index 1"),
        (frozenset({1, 2}), frozenset({1, 3}), "lacks 3 and holds 2 too many"),
    ],
)
def test_exact_values(got, want, says):
    """Exact values show where they part."""
    text = message(got, want)
    assert text.startswith("exact: ")
    assert says in text


def test_python_floats_have_a_budget():
    """A float computed in float32 passes; an int may stand for a float; a real error does not."""
    assert not message(0.1 + 1e-8, 0.1, 0.1)
    assert not message(2, 2.0)
    assert message(0.11, 0.1, 0.1).startswith("values: result is 0.11, expected 0.1")
    assert message(math.nan, 0.1).startswith("values")
    assert not message(math.nan, math.nan)


def test_objects_of_unknown_types():
    """An address in an object's text is no difference; the rest of it is."""
    assert not message(Foreign("A", "<A at 0x12>"), Foreign("A", "<A at 0x34>"))
    assert message(Foreign("A", "A(x=1)"), Foreign("A", "A(x=2)")).startswith("exact")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (torch.zeros(2, 3, 7), "float32 (2, 3, 7)"),
        (torch.zeros(5, 5, requires_grad=True), "float32 (5, 5), requires_grad"),
        (torch.zeros(5, 7).T, "float32 (7, 5), not contiguous, strides (1, 7)"),
        (torch.tensor([1, 2]), "int64 (2,) = [1, 2]"),
        (torch.tensor(0.5), "float32 () = 0.5"),
        (3, "3"),
        (None, "None"),
        ([torch.tensor([True])], "[bool (1,) = [True]]"),
        ("x" * 500, "'" + "x" * 56 + "..."),
    ],
)
def test_summaries(value, line):
    """An input is told in one line."""
    assert summary(value) == line
