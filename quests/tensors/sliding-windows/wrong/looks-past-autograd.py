"""Strides over detached values."""

import torch


def windows(x, size, step=1, dim=-1):
    dim = dim % x.dim()
    if size > x.shape[dim]:
        raise ValueError(f"size {size} is larger than dimension {dim} of {tuple(x.shape)}")
    shape, strides = list(x.shape), list(x.stride())
    shape[dim] = (shape[dim] - size) // step + 1
    strides[dim] *= step
    return x.detach().as_strided([*shape, size], [*strides, x.stride(dim)])


def median_filter(x, size):
    if size % 2 == 0:
        raise ValueError("size must be odd")
    if len(x) == 0:
        return x.clone()
    places = torch.arange(-(size // 2), len(x) + size // 2, device=x.device).clamp(0, len(x) - 1)
    return windows(x[places], size).median(-1).values
