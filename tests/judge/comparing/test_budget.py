"""The error budget: honest variants pass, damaged results fail."""

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from leveling.arena.wire import TensorValue
from leveling.checks.tolerance import Tolerance
from leveling.judge.comparing import Mismatch, compare


def judged(got: Tensor, want: Tensor, truth: Tensor | None, tolerance: Tolerance | None = None) -> Mismatch | None:
    exact = None if truth is None else TensorValue(truth)
    return compare(TensorValue(got), TensorValue(want), exact, tolerance=tolerance)


def one_by_one(a: Tensor, b: Tensor) -> Tensor:
    """A matrix product whose sums run term by term in the dtype of the inputs."""
    total = torch.zeros(a.shape[0], b.shape[1], dtype=a.dtype)
    for k in range(a.shape[1]):
        total = total + a[:, k, None] * b[k]
    return total


PRODUCTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "matmul": torch.matmul,
    "einsum": lambda a, b: torch.einsum("ik,kj->ij", a, b),
    "elementwise": lambda a, b: (a[:, :, None] * b[None]).sum(1),
    "backwards": lambda a, b: a.flip(1) @ b.flip(0),
    "halves": lambda a, b: (
        a[:, : a.shape[1] // 2] @ b[: a.shape[1] // 2] + a[:, a.shape[1] // 2 :] @ b[a.shape[1] // 2 :]
    ),
    "transposed": lambda a, b: (b.T.contiguous() @ a.T.contiguous()).T,
    "one by one": one_by_one,
}
SOFTMAXES: dict[str, Callable[[Tensor], Tensor]] = {
    "softmax": lambda x: x.softmax(-1),
    "by hand": lambda x: (x - x.amax(-1, True)).exp() / (x - x.amax(-1, True)).exp().sum(-1, True),
    "by logarithms": lambda x: (x - x.logsumexp(-1, True)).exp(),
    "log_softmax": lambda x: x.log_softmax(-1).exp(),
}


@pytest.mark.parametrize("known", ["truth", "no truth"])
@pytest.mark.parametrize("reference", ["matmul", "exact"])
@pytest.mark.parametrize("variant", list(PRODUCTS))
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.sampled_from([1, 3, 17]), offset=st.sampled_from([0.0, 1.0, 10.0]))
def test_sums_in_any_order_pass(variant, reference, known, seed, rows, offset):
    """A product of a thousand terms passes in every order of summation, even where the reference is exact."""
    draw = torch.Generator().manual_seed(seed)
    a = torch.randn(rows, 1000, generator=draw) + offset
    b = torch.randn(1000, 7, generator=draw) + offset
    truth = a.double() @ b.double()
    want = truth.float() if reference == "exact" else a @ b
    assert judged(PRODUCTS[variant](a, b), want, truth if known == "truth" else None) is None


@pytest.mark.parametrize("variant", list(SOFTMAXES))
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), spread=st.sampled_from([0.1, 1.0, 20.0]))
def test_every_honest_softmax_passes(variant, seed, spread):
    """The ways to write softmax all pass."""
    x = torch.randn(5, 333, generator=torch.Generator().manual_seed(seed)) * spread
    assert judged(SOFTMAXES[variant](x), x.softmax(-1), x.double().softmax(-1)) is None


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_single_numbers_pass_in_any_order(seed):
    """A mean over a thousand squares passes term by term although one number says little of the reference's error."""
    x = torch.randn(1000, generator=torch.Generator().manual_seed(seed)) + 0.5
    got = torch.zeros(())
    for value in x:
        got = got + value * value / 1000
    assert judged(got, (x**2).mean(), (x.double() ** 2).mean()) is None


DAMAGES: dict[str, Callable[[Tensor], Tensor]] = {
    "zeros": torch.zeros_like,
    "the mean everywhere": lambda y: y.mean().expand_as(y).contiguous(),
    "bfloat16": lambda y: y.bfloat16().float(),
    "float16": lambda y: y.half().float(),
    "a thousandth more": lambda y: y * 1.001,
    "rolled": lambda y: y.roll(1, -1),
    "one row zero": lambda y: torch.cat([y[:-1], torch.zeros_like(y[-1:])]),
    "NaN": lambda y: torch.where(torch.arange(y.numel()).reshape(y.shape) == 5, math.nan, y),
}


@pytest.mark.parametrize("known", ["truth", "no truth"])
@pytest.mark.parametrize("damage", list(DAMAGES))
@pytest.mark.parametrize("size", [1e-20, 1e-6, 1.0, 1e6])
def test_damaged_results_fail_at_every_magnitude(damage, size, known):
    """Zeros, constants and a run in half precision fail a float32 check, however small or large the values are."""
    x = torch.randn(4, 6, generator=torch.Generator().manual_seed(3))
    want, truth = x.softmax(-1) * size, x.double().softmax(-1) * size
    found = judged(DAMAGES[damage](x.softmax(-1)) * size, want, truth if known == "truth" else None)
    assert found is not None
    assert found.kind == "values"


def test_a_spike_hides_nothing():
    """One huge value does not excuse errors in the others."""
    want = torch.tensor([1e8, 1.0, 2.0, 3.0, 4.0])
    got = want.clone()
    got[2] = 2.01
    assert judged(got, want, want.double()) is not None


def test_noise_around_zero_passes():
    """Where the truth vanishes, rounding noise of the size of the reference's own passes, and so do plain zeros."""
    noise = torch.tensor([1e-8, -3e-8, 2e-8])
    truth = torch.tensor([1e-17, 0.0, -2e-17], dtype=torch.float64)
    assert judged(-2 * noise, noise, truth) is None
    assert judged(torch.zeros(3), noise, truth) is None
    assert judged(noise, torch.zeros(3), torch.zeros(3, dtype=torch.float64)) is None
    assert judged(noise * 1000, noise, truth) is not None


def test_a_truth_of_other_random_numbers_is_none():
    """Where the float64 run drew other random numbers the reference's result is the measure."""
    want, truth = torch.randn(50), torch.randn(50, dtype=torch.float64)
    assert judged(want.clone(), want, truth) is None
    assert judged(torch.zeros(50), want, truth) is not None


def test_float64_is_not_float32():
    """In float64 an honest reordering passes and a detour through float32 fails."""
    a, b = torch.randn(5, 1000, dtype=torch.float64), torch.randn(1000, 5, dtype=torch.float64)
    want = a @ b
    assert judged(one_by_one(a, b), want, want) is None
    found = judged((a.float() @ b.float()).double(), want, want)
    assert found is not None
    assert "float32" in found.message


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_halves_pass_when_rounded_otherwise(dtype):
    """In half precision a step more or less of rounding passes; zeros do not."""
    x = torch.randn(6, 40, generator=torch.Generator().manual_seed(0)).to(dtype)
    truth = x.double().softmax(-1)
    shifted = x - x.amax(-1, True)
    assert judged(shifted.exp() / shifted.exp().sum(-1, True), x.softmax(-1), truth) is None
    assert judged(torch.zeros_like(x), x.softmax(-1), truth) is not None


def test_author_bounds_replace_the_budget():
    """`absolute` and `relative` bound each element against the truth."""
    want, loose = torch.tensor([1.0, 100.0]), Tolerance(absolute=0.1, relative=0.01)
    assert judged(torch.tensor([1.05, 100.9]), want, want.double(), loose) is None
    assert judged(torch.tensor([1.05, 101.9]), want, want.double(), loose) is not None
    assert judged(torch.tensor([1.05, math.inf]), torch.tensor([1.0, math.inf]), None, loose) is None
    assert judged(torch.tensor([1.05, 3.0]), torch.tensor([1.0, math.inf]), None, loose) is not None


def test_nan_and_infinities_must_agree():
    """NaN in the expected value never means anything; an infinity needs its sign."""
    want = torch.tensor([math.nan, math.inf, -math.inf, 1.0])
    truth = want.double()
    assert judged(want.clone(), want, truth) is None
    for index, value in enumerate([0.0, math.nan, math.inf, math.nan]):
        got = want.clone()
        got[index] = value
        assert judged(got, want, truth) is not None, index


def test_complex_bool_int_and_empty():
    """Complex values have a budget, whole numbers none, and empty tensors nothing to differ in."""
    z = torch.randn(8, dtype=torch.complex64)
    truth = z.to(torch.complex128)
    assert judged(z * (1 + 1e-7), z, truth) is None
    assert judged(z.conj().resolve_conj(), z, truth) is not None
    assert judged(torch.tensor([1, 2]), torch.tensor([1, 2]), None) is None
    assert judged(torch.tensor([1, 2]), torch.tensor([1, 3]), None) is not None
    assert judged(torch.tensor([True]), torch.tensor([False]), None) is not None
    assert judged(torch.empty(0, 3), torch.empty(0, 3), torch.empty(0, 3, dtype=torch.float64)) is None
