"""Compares each shape with the one before."""

from itertools import pairwise, zip_longest

import torch


def pair(a, b):
    for x, y in zip(reversed(a), reversed(b), strict=False):
        if x != y and 1 not in (x, y):
            raise ValueError(f"{x} meets {y}")


def broadcast_shape(*shapes):
    for a, b in pairwise(shapes):
        pair(a, b)
    result = []
    for sizes in zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1):
        result.append(0 if 0 in sizes else max(sizes))
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
