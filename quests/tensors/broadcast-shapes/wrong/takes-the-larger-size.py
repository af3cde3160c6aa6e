"""The larger size wins."""

from itertools import zip_longest

import torch


def broadcast_shape(*shapes):
    rank = max(map(len, shapes), default=0)
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    return tuple(max(sizes) for sizes in zip(*padded, strict=True))


def broadcast_strides(shape, strides, target):
    if broadcast_shape(shape, target) != tuple(target):
        raise ValueError(f"{shape} does not stretch to {target}")
    new = len(target) - len(shape)
    kept = [stride if size == wanted else 0 for size, stride, wanted in zip(shape, strides, target[new:], strict=True)]
    return (0,) * new + tuple(kept)


def expand_view(x, target):
    strides = broadcast_strides(tuple(x.shape), x.stride(), target)
    return torch.as_strided(x, target, strides, x.storage_offset())
