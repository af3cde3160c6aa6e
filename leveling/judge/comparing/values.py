"""Differences in value between two tensors, or two floats, that agree in everything else."""

import torch
from torch import Tensor

from leveling.arena.wire import TensorValue
from leveling.checks.tolerance import Tolerance
from leveling.judge.comparing.budget import Budget, budget_for
from leveling.judge.comparing.mismatch import Mismatch
from leveling.judge.comparing.observations import Seen, observe
from leveling.judge.comparing.wording import index_of, number, place, two_numbers


def wrong_values(
    got: TensorValue, want: TensorValue, truth: TensorValue | None, tolerance: Tolerance, where: str
) -> Mismatch | None:
    """None when every element lies within the error budget (integers and bools: when every element is equal)."""
    have, need = got.tensor, want.tensor
    if need.numel() == 0:
        return None
    if not (need.is_floating_point() or need.is_complex()):
        return _whole_numbers(have, need, where)
    if truth is None and have.dtype is need.dtype and torch.equal(have, need):
        return None  # without a truth the reference's result is the target; at scale the budget is the costly part
    exact = None
    if truth is not None and truth.tensor.shape == need.shape:
        exact = widened(truth.tensor)
    wide = widened(have)
    budget = budget_for(widened(need), exact, need.dtype, tolerance)
    ok = agrees(wide, budget)
    return None if bool(ok.all()) else Mismatch("values", where, _message(wide, budget, ~ok, need.dtype, where))


def wrong_number(
    got: complex, want: complex, truth: complex | None, tolerance: Tolerance, where: str
) -> Mismatch | None:
    """As `wrong_values` for Python floats, which are judged as float32: most were computed in tensors."""
    dtype, single = (torch.complex128, torch.complex64) if isinstance(want, complex) else (torch.float64, torch.float32)
    values = [None if each is None else torch.tensor(each, dtype=dtype) for each in (got, want, truth)]
    have, need, exact = values
    assert have is not None
    assert need is not None
    budget = budget_for(need, exact, single, tolerance)
    ok = agrees(have, budget)
    return None if bool(ok) else Mismatch("values", where, _message(have, budget, ~ok, single, where))


def widened(tensor: Tensor) -> Tensor:
    """The same values in float64 or complex128."""
    return tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)


def agrees(got: Tensor, budget: Budget) -> Tensor:
    """Where `got` lies within the budget. NaN agrees with NaN alone, an infinity with the same infinity alone."""
    near = (got - budget.target).abs() <= budget.allowed
    ok = near | (got == budget.target)
    if bool(ok.all()):
        return ok
    return ok | (got.isnan() & budget.target.isnan())


def _message(got: Tensor, budget: Budget, bad: Tensor, dtype: torch.dtype, where: str) -> str:
    error = (got - budget.target).abs()
    # what is not finite on one side alone is worse than any number
    excess = torch.where(bad, (error / budget.allowed.clamp_min(1e-300)).nan_to_num(torch.inf, torch.inf), -1.0)
    worst = int(excess.argmax())
    values = two_numbers(got.flatten()[worst].item(), budget.target.flatten()[worst].item())
    index = index_of(worst, tuple(got.shape))
    head = f"{place(where, index)} is {values[0]}, expected {values[1]}"
    lines = [head]
    off, allowed = float(error.flatten()[worst]), float(budget.allowed.flatten()[worst])
    if got.numel() > 1:
        lines.append(f"{_how_many(bad)}{_largest(off, allowed)}")
    elif off == off and off != float("inf"):
        lines.append(f"the error is {off:.2g}, allowed {allowed:.2g}")
    seen = Seen(got, budget.target, budget.scale, budget.allowed, bad, dtype)
    lines += [note] if (note := observe(seen)) else []
    return "\n    ".join(lines)


def _how_many(bad: Tensor) -> str:
    count = int(bad.sum())
    if count == bad.numel():
        return f"all {count:,} values differ"
    return f"{count:,} of {bad.numel():,} values differ{'s' if count == 1 else ''}"


def _largest(off: float, allowed: float) -> str:
    finite = off == off and off != float("inf")
    return f"; the error there, the worst, is {off:.2g}, allowed {allowed:.2g}" if finite else ""


def _whole_numbers(got: Tensor, want: Tensor, where: str) -> Mismatch | None:
    if torch.equal(got, want):
        return None
    bad = got != want
    first = int(bad.flatten().to(torch.uint8).argmax())
    one, other = got.flatten()[first].item(), want.flatten()[first].item()
    head = f"{place(where, index_of(first, tuple(got.shape)))} is {number(one)}, expected {number(other)}"
    if got.numel() == 1:
        return Mismatch("values", where, head)
    scale = torch.ones(want.shape, dtype=torch.float64)
    seen = Seen(got.to(torch.float64), want.to(torch.float64), scale, scale * 0.0, bad, want.dtype)
    note = observe(seen)
    text = f"{head}\n    {_how_many(bad)}, this one first" + (f"\n    {note}" if note else "")
    return Mismatch("values", where, text)
