"""Ten ways to read and write parts of a tensor without a loop."""

import torch
from torch import Tensor


def last_row(x: Tensor) -> Tensor:
    """x (R, C) -> (C,)."""
    return x[-1]  # an integer removes its dimension


def every_other_column(x: Tensor) -> Tensor:
    """x (R, C) -> (R, ceil(C / 2))."""
    return x[:, ::2]


def reverse_time(x: Tensor) -> Tensor:
    """x (B, T, ...) with dim 1 reversed."""
    return x.flip(1)  # slices of a tensor have no negative step


def pick_per_row(x: Tensor, index: Tensor) -> Tensor:
    """x (N, C), index (N,) -> (N,)."""
    rows = torch.arange(x.shape[0], device=x.device)  # (N,)
    return x[rows, index]  # two index tensors walk together: entry n is x[rows[n], index[n]]


def rows_where(x: Tensor, keep: Tensor) -> Tensor:
    """x (N, ...), keep (N,) bool -> (K, ...)."""
    return x[keep]


def replace_negatives(x: Tensor, value: float) -> Tensor:
    """x (...) -> (...)."""
    return x.masked_fill(x < 0, value)  # chosen entry by entry: NaN < 0 is False, so NaN stays


def without_border(image: Tensor) -> Tensor:
    """image (H, W) -> (H, W)."""
    out = torch.zeros_like(image)
    out[1:-1, 1:-1] = image[1:-1, 1:-1]  # (H - 2, W - 2), or nothing at all where H or W is below 3
    return out


def batched_diagonal(x: Tensor) -> Tensor:
    """x (B, N, N) -> (B, N)."""
    return x.diagonal(dim1=1, dim2=2)


def swap_columns(x: Tensor, i: int, j: int) -> Tensor:
    """x (R, C) -> (R, C)."""
    order = list(range(x.shape[1]))
    order[i], order[j] = order[j], order[i]  # swapped in a list of numbers, where no view is in the way
    return x[:, order]  # a list, like an index tensor, always makes a copy


def center_crop(image: Tensor, size: int) -> Tensor:
    """image (C, H, W) -> (C, size, size)."""
    top, left = (image.shape[1] - size) // 2, (image.shape[2] - size) // 2
    return image[:, top : top + size, left : left + size]
