"""Pads with torch.nn.functional, which wants floats."""

import torch


def windows(x, size, step=1, dim=-1):
    dim = dim % x.dim()
    if size > x.shape[dim]:
        raise ValueError(f"size {size} is larger than dimension {dim} of {tuple(x.shape)}")
    shape, strides = list(x.shape), list(x.stride())
    shape[dim] = (shape[dim] - size) // step + 1
    strides[dim] *= step
    return x.as_strided([*shape, size], [*strides, x.stride(dim)])


def median_filter(x, size):
    if size % 2 == 0:
        raise ValueError("size must be odd")
    if len(x) == 0:
        return x.clone()
    wide = x if x.is_floating_point() else x.double()
    padded = torch.nn.functional.pad(wide[None], (size // 2, size // 2), mode="replicate")[0]
    return windows(padded, size).median(-1).values.to(x.dtype)
