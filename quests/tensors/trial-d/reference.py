"""Everyday tensor work: from records to a table, from gaps to means, from a function to its slope."""

from collections.abc import Callable

import torch
from torch import Tensor


def tabulate(records: list[dict[str, float]], keys: list[str]) -> Tensor:
    """records (N dicts), keys (K names) -> (N, K) float32, NaN where a record lacks a key."""
    rows = [[record.get(key, float("nan")) for key in keys] for record in records]
    return torch.tensor(rows, dtype=torch.float32).reshape(len(records), len(keys))  # no records are still (0, K)


def impute(x: Tensor) -> Tensor:
    """x (N, D) -> (N, D) without NaN."""
    present = ~x.isnan()
    total = torch.where(present, x, 0).sum(0)  # (D,): absent entries add nothing, and are not counted either
    mean = total / present.sum(0).clamp(min=1)  # (D,): 0 / 1 for a column without any entry
    return torch.where(present, x, mean)


def polynomial_features(x: Tensor, degree: int) -> Tensor:
    """x (N, D) -> (N, 1 + D * degree): 1, all first powers, all second powers, ..."""
    powers = [x**k for k in range(1, degree + 1)]  # each (N, D)
    return torch.cat([x.new_ones(x.shape[0], 1), *powers], dim=1)


def weighted_median(x: Tensor, w: Tensor) -> Tensor:
    """x (N,), w (N,) -> 0-d: the first of the sorted entries at which half of the weight is reached."""
    values, order = x.sort()
    reached = w[order].cumsum(0)  # (N,) weight of this entry and all smaller ones
    return values[torch.searchsorted(reached, reached[-1:] / 2)[0]]  # first place with reached >= half


def slope(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """f elementwise, x (...) -> (...), f'(x) at every entry."""
    with torch.enable_grad():
        point = x.detach().requires_grad_()  # a leaf of our own over x's numbers
        return torch.autograd.grad(f(point).sum(), point)[0]  # entries do not mix, so the sum's gradient is f'


def top_left_blocks(x: Tensor, sizes: Tensor) -> Tensor:
    """x (B, N, N), sizes (B,) -> (B, N, N), zero outside of x[b, : sizes[b], : sizes[b]]."""
    inside = torch.arange(x.shape[-1], device=x.device) < sizes[:, None]  # (B, N)
    return x.masked_fill(~(inside[:, :, None] & inside[:, None, :]), 0)  # (B, N, 1) and (B, 1, N)
