"""Computes strides from the shape."""

from itertools import zip_longest

import torch


def broadcast_shape(*shapes):
    result = []
    for sizes in zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1):
        others = {size for size in sizes if size != 1}
        if len(others) > 1:
            raise ValueError(f"sizes {sorted(others)} meet in shapes {shapes}")
        result.append(others.pop() if others else 1)
    return tuple(reversed(result))


def broadcast_strides(shape, strides, target):
    if broadcast_shape(shape, target) != tuple(target):
        raise ValueError(f"{shape} does not stretch to {target}")
    new = len(target) - len(shape)
    kept = [stride if size == wanted else 0 for size, stride, wanted in zip(shape, strides, target[new:], strict=True)]
    return (0,) * new + tuple(kept)


def expand_view(x, target):
    step, strides = 1, []
    for size in reversed(x.shape):
        strides.append(step)
        step *= size
    strides = broadcast_strides(tuple(x.shape), tuple(reversed(strides)), target)
    return torch.as_strided(x, target, strides, x.storage_offset())
