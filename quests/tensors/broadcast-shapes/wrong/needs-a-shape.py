"""max() of nothing."""

from itertools import zip_longest

import torch


def broadcast_shape(*shapes):
    result = [1] * max(len(shape) for shape in shapes)
    for shape in shapes:
        for place in range(-len(shape), 0):
            if result[place] == 1:
                result[place] = shape[place]
            elif shape[place] not in (1, result[place]):
                raise ValueError(f"{shape} does not fit {result}")
    return tuple(result)


def broadcast_strides(shape, strides, target):
    if broadcast_shape(shape, target) != tuple(target):
        raise ValueError(f"{shape} does not stretch to {target}")
    new = len(target) - len(shape)
    kept = [stride if size == wanted else 0 for size, stride, wanted in zip(shape, strides, target[new:], strict=True)]
    return (0,) * new + tuple(kept)


def expand_view(x, target):
    strides = broadcast_strides(tuple(x.shape), x.stride(), target)
    return torch.as_strided(x, target, strides, x.storage_offset())
