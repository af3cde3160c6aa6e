"""Overlapping windows as a strided view: the storage stays, only the label that walks over it is new."""

import torch
from torch import Tensor


def windows(x: Tensor, size: int, step: int = 1, dim: int = -1) -> Tensor:
    """x (..., T, ...) -> (..., count, ..., size) over the same storage; dim counts the windows."""
    dim = dim % x.dim()
    length, stride = x.shape[dim], x.stride(dim)
    if size > length:
        raise ValueError(f"a window of {size} does not fit into dimension {dim} of length {length}")
    count = (length - size) // step + 1
    shape = (*x.shape[:dim], count, *x.shape[dim + 1 :], size)
    # one window further is `step` elements further; one place inside a window is one element further
    strides = (*x.stride()[:dim], step * stride, *x.stride()[dim + 1 :], stride)
    return x.as_strided(shape, strides, x.storage_offset())


def median_filter(x: Tensor, size: int) -> Tensor:
    """x (T,) -> (T,): the median of the `size` neighbours around each entry; the end values are repeated outwards."""
    if size % 2 == 0:
        raise ValueError(f"size must be odd so that a window has a middle, got {size}")
    length, half = len(x), size // 2
    if length == 0:
        return x.clone()
    places = torch.arange(-half, length + half, device=x.device).clamp(0, length - 1)  # (T + size - 1,)
    return windows(x[places], size).median(-1).values  # (T, size) -> (T,)
