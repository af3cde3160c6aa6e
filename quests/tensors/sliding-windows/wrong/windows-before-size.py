"""Moves the dimension to the end and leaves it there."""

import torch


def windows(x, size, step=1, dim=-1):
    x = x.movedim(dim, -1)
    if size > x.shape[-1]:
        raise ValueError("size is larger than the series")
    count, stride = (x.shape[-1] - size) // step + 1, x.stride(-1)
    return x.as_strided((*x.shape[:-1], count, size), (*x.stride()[:-1], step * stride, stride))


def median_filter(x, size):
    if size % 2 == 0:
        raise ValueError("size must be odd")
    if len(x) == 0:
        return x.clone()
    places = torch.arange(-(size // 2), len(x) + size // 2, device=x.device).clamp(0, len(x) - 1)
    return windows(x[places], size).median(-1).values
