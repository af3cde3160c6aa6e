"""Ten loops that are not written: line the dimensions up and let broadcasting repeat what is missing."""

import torch
from torch import Tensor


def add_row_vector(x: Tensor, b: Tensor) -> Tensor:
    """x (R, C), b (C,) -> (R, C)."""
    return x + b  # (R, C) + (C,): shapes are aligned at the right, so b already stands under the columns


def add_column_vector(x: Tensor, c: Tensor) -> Tensor:
    """x (R, C), c (R,) -> (R, C)."""
    return x + c[:, None]  # (R, C) + (R, 1)


def outer(a: Tensor, b: Tensor) -> Tensor:
    """a (N,), b (M,) -> (N, M)."""
    return a[:, None] * b  # (N, 1) * (M,)


def pairwise_difference(a: Tensor, b: Tensor) -> Tensor:
    """a (N, D), b (M, D) -> (N, M, D)."""
    return a[:, None] - b  # (N, 1, D) - (M, D)


def scale_channels(x: Tensor, s: Tensor) -> Tensor:
    """x (B, C, H, W), s (C,) -> (B, C, H, W)."""
    return x * s[:, None, None]  # (C, 1, 1) stands under (C, H, W)


def normalise_rows(x: Tensor) -> Tensor:
    """x (..., C) -> (..., C), rows that sum to 1, or to 0 where they are all zero."""
    total = x.sum(-1, keepdim=True)  # (..., 1): keepdim leaves a dimension to divide along
    return x / total.masked_fill(total == 0, 1)  # mend the divisor, not the quotient: 0 / 1 has a clean gradient


def padding_mask(lengths: Tensor, t: int) -> Tensor:
    """lengths (B,) -> (B, t) bool."""
    return torch.arange(t, device=lengths.device) < lengths[:, None]  # (t,) < (B, 1)


def relative_positions(t: int) -> Tensor:
    """(t, t) int64: column minus row."""
    position = torch.arange(t)
    return position - position[:, None]  # (t,) - (t, 1)


def batch_affine(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """x (B, N, D), a (B, D, E), b (B, E) -> (B, N, E)."""
    return x @ a + b[:, None]  # (B, N, E) + (B, 1, E): the 1 says that b is the same for every n


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """x (B, T, D), mask (B, T) -> (B, D)."""
    kept = x.masked_fill(~mask[:, :, None], 0)  # (B, T, D): replaced, not multiplied, since inf * 0 is NaN
    count = mask.sum(1, keepdim=True).clamp(min=1)  # (B, 1)
    return kept.sum(1) / count
