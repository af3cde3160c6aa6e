"""Repeats 2 to make 4."""

from itertools import zip_longest

import torch


def broadcast_shape(*shapes):
    result = []
    for sizes in zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1):
        most = 0 if 0 in sizes else max(sizes)
        if any(size not in (0, 1) and (most == 0 or most % size) for size in sizes):
            raise ValueError(f"sizes {sizes} meet")
        result.append(most)
    return tuple(reversed(result))


def broadcast_strides(shape, strides, target):
    if broadcast_shape(shape, target) != tuple(target):
        raise ValueError(f"{shape} does not stretch to {target}")
    new = len(target) - len(shape)
    kept = [stride if size == wanted else 0 for size, stride, wanted in zip(shape, strides, target[new:], strict=True)]
    return (0,) * new + tuple(kept)


def expand_view(x, target):
    strides = broadcast_strides(tuple(x.shape), x.stride(), target)
    return torch.as_strided(x, target, strides, x.storage_offset())
