"""Segment reductions by scattering: every row is sent to the row of the result that its id names."""

import torch
from torch import Tensor

HALF = (torch.float16, torch.bfloat16)


def segment_sum(x: Tensor, ids: Tensor, n: int) -> Tensor:
    """x (N, ...), ids (N,) int64 in [0, n), in any order -> (n, ...); an empty segment gives 0."""
    return _wide_sum(x, ids, n).to(x.dtype)


def segment_mean(x: Tensor, ids: Tensor, n: int) -> Tensor:
    """x (N, ...) floating -> (n, ...); an empty segment gives 0."""
    counts = torch.bincount(ids, minlength=n).clamp(min=1)  # (n,); 0 / 1 instead of 0 / 0
    return (_wide_sum(x, ids, n) / _as_column(counts, x)).to(x.dtype)


def segment_max(x: Tensor, ids: Tensor, n: int) -> Tensor:
    """x (N, ...) floating -> (n, ...); an empty segment gives -inf."""
    lowest = x.new_full((n, *x.shape[1:]), float("-inf"))  # the neutral element of max, as 0 is that of sum
    return lowest.scatter_reduce(0, _as_column(ids, x).expand_as(x), x, "amax")


def segment_softmax(x: Tensor, ids: Tensor, n: int) -> Tensor:
    """x (N,) logits -> (N,) shares that sum to 1 inside every segment."""
    wide = _widened(x)
    top = segment_max(wide.detach(), ids, n)  # (n,); a constant per segment cancels, so it needs no gradient
    shares = torch.exp(wide - top[ids])  # (N,), the largest of every segment is 1
    return (shares / _wide_sum(shares, ids, n)[ids]).to(x.dtype)


def _wide_sum(x: Tensor, ids: Tensor, n: int) -> Tensor:
    """The sums before they are rounded to x's dtype."""
    wide = _widened(x)
    return wide.new_zeros(n, *x.shape[1:]).index_add(0, ids, wide)


def _widened(x: Tensor) -> Tensor:
    """Half precision cannot count past 2048 (float16) or 256 (bfloat16) in steps of one: accumulate in float32."""
    return x.float() if x.dtype in HALF else x


def _as_column(values: Tensor, x: Tensor) -> Tensor:
    """(N,) -> (N, 1, ..., 1) with as many dimensions as x."""
    return values.view(-1, *[1] * (x.dim() - 1))
