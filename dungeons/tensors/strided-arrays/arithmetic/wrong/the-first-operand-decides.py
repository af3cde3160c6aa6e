"""Gives the result the dtype of the first operand."""

import math

import torch
from flat_storage import NDArray, elements, row_major
from views import expand, permute


def together(*shapes):
    rank = max(len(shape) for shape in shapes)
    out = [1] * rank
    for shape in shapes:
        for place, size in enumerate(shape, start=rank - len(shape)):
            if out[place] != size and 1 not in (out[place], size):
                raise ValueError(f"{shapes} do not broadcast")
            out[place] = size if out[place] == 1 else out[place]
    return tuple(out)


def apply(function, *operands):
    shape = together(*(x.shape for x in operands if isinstance(x, NDArray)))
    flat = [elements(expand(x, shape)) if isinstance(x, NDArray) else torch.tensor(x) for x in operands]
    result = function(*flat)
    if (
        result.dtype not in (torch.bool, flat[0].dtype)
        and flat[0].dtype != torch.bool
        and [x.dim() for x in flat] == [1, 1]
    ):
        result = result.to(flat[0].dtype)
    return NDArray(result, shape, row_major(shape))


def add(x, y):
    return apply(torch.add, x, y)


def subtract(x, y):
    return apply(torch.sub, x, y)


def multiply(x, y):
    return apply(torch.mul, x, y)


def divide(x, y):
    return apply(torch.true_divide, x, y)


def maximum(x, y):
    return apply(torch.maximum, x, y)


def exp(x):
    return apply(torch.exp, x)


def equal(x, y):
    return apply(torch.eq, x, y)


def less(x, y):
    return apply(torch.lt, x, y)


def where(condition, x, y):
    return apply(torch.where, condition, x, y)


def reduce(function, x, axes, keepdims):
    dims = len(x.shape)
    axes = tuple(range(dims)) if axes is None else axes if isinstance(axes, tuple) else (axes,)
    axes = [axis % dims for axis in axes]
    kept = [axis for axis in range(dims) if axis not in axes]
    count = math.prod(x.shape[axis] for axis in axes)
    rows = elements(permute(x, kept + axes)).reshape(math.prod(x.shape[axis] for axis in kept), count)
    shape = [1 if axis in axes else size for axis, size in enumerate(x.shape) if keepdims or axis not in axes]
    return NDArray(function(rows), shape, row_major(shape))


def sum_over(x, axes=None, keepdims=False):
    return reduce(lambda rows: rows.sum(1), x, axes, keepdims)


def mean_over(x, axes=None, keepdims=False):
    dtype = x.storage.dtype if x.storage.is_floating_point() else torch.float32
    return reduce(lambda rows: rows.mean(1, dtype=dtype), x, axes, keepdims)


def biggest(rows):
    if not rows.shape[1]:
        raise ValueError("no maximum of nothing")
    return rows.amax(1)


def place_of_biggest(rows):
    if not rows.shape[1]:
        raise ValueError("no maximum of nothing")
    return rows.argmax(1)


def max_over(x, axes=None, keepdims=False):
    return reduce(biggest, x, axes, keepdims)


def argmax(x, axis, keepdims=False):
    return reduce(place_of_biggest, x, axis, keepdims)
