"""Independent idiom: the gathered elements are given their shape, and torch does the rest; dtypes settled before."""

import torch
from flat_storage import array, elements


def shaped(x):
    return elements(x).clone().view(x.shape)


def call(function, *operands):
    values = [shaped(x) if hasattr(x, "strides") else x for x in operands]
    dtype = None
    for value in values:
        if isinstance(value, torch.Tensor) and value.dtype != torch.bool:
            dtype = value.dtype if dtype is None else torch.promote_types(dtype, value.dtype)
    if dtype is None:
        dtype = torch.bool
    if not dtype.is_floating_point and any(isinstance(value, float) for value in values):
        dtype = torch.get_default_dtype()
    elif dtype is torch.bool and any(isinstance(value, int) for value in values):
        dtype = torch.int64
    try:
        return array(function(*(torch.as_tensor(value, dtype=dtype) for value in values)))
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def add(x, y):
    return call(torch.Tensor.__add__, x, y)


def subtract(x, y):
    return call(torch.Tensor.__sub__, x, y)


def multiply(x, y):
    return call(torch.Tensor.__mul__, x, y)


def divide(x, y):
    return call(torch.Tensor.__truediv__, x, y)


def maximum(x, y):
    return call(torch.maximum, x, y)


def exp(x):
    return call(torch.exp, x)


def equal(x, y):
    return call(torch.eq, x, y)


def less(x, y):
    return call(torch.lt, x, y)


def where(condition, x, y):
    mask = shaped(condition)
    return call(lambda a, b: torch.where(mask, a, b), x, y)


def every(x, axes):
    return tuple(range(len(x.shape))) if axes is None else axes if isinstance(axes, tuple) else (axes,)


def sum_over(x, axes=None, keepdims=False):
    values = shaped(x)
    if not values.dtype.is_floating_point:
        values = values.long()
    return array(values.sum(every(x, axes), keepdim=keepdims) if every(x, axes) else values)


def mean_over(x, axes=None, keepdims=False):
    values = shaped(x)
    values = values if values.dtype.is_floating_point else values.float()
    return array(values.mean(every(x, axes), keepdim=keepdims) if every(x, axes) else values)


def max_over(x, axes=None, keepdims=False):
    if any(x.shape[axis] == 0 for axis in every(x, axes)):
        raise ValueError("an empty axis has no maximum")
    return array(shaped(x).amax(every(x, axes), keepdim=keepdims) if every(x, axes) else shaped(x))


def argmax(x, axis, keepdims=False):
    if x.shape[axis] == 0:
        raise ValueError("an empty axis has no maximum")
    return array(torch.max(shaped(x), axis, keepdim=keepdims).indices)
