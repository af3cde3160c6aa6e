"""Independent idiom: a range knows how to be sliced; places by dividing the number of the element."""

from math import prod

import torch


class NDArray:
    def __init__(self, storage, shape, strides, offset=0):
        self.storage = storage
        self.shape = tuple(shape)
        self.strides = tuple(strides)
        self.offset = int(offset)

    def __getitem__(self, index):
        items = index if isinstance(index, tuple) else (index,)
        before, after = items, ()
        if ... in items:
            cut = items.index(...)
            before, after = items[:cut], items[cut + 1 :]
        free = len(self.shape) - len(before) - len(after)
        if free < 0 or ... in after:
            raise IndexError(f"more indices than the {len(self.shape)} dimensions, or more than one ellipsis")
        shape, strides, offset = [], [], self.offset
        for axis, pick in enumerate((*before, *[slice(None)] * free, *after)):
            try:
                chosen = range(self.shape[axis])[pick]
            except IndexError:
                raise IndexError(f"{pick} does not exist: axis {axis} has size {self.shape[axis]}") from None
            if isinstance(chosen, range):
                shape.append(len(chosen))
                strides.append(self.strides[axis] * chosen.step)
                chosen = chosen.start
            offset = offset + chosen * self.strides[axis]
        return NDArray(self.storage, shape, strides, offset)

    def __setitem__(self, index, value):
        view = self[index]
        if prod(size for size, stride in zip(view.shape, view.strides, strict=True) if not stride) > 1:
            raise ValueError("cannot write to elements that share memory")
        self.storage.index_fill_(0, where_they_lie(view), value)

    def item(self):
        (only,) = elements(self).tolist()
        return only


def row_major(shape):
    return tuple(prod(shape[place:]) for place in range(1, len(shape) + 1))


def array(values):
    flat = torch.empty(values.numel(), dtype=values.dtype)
    flat.copy_(values.contiguous().view(-1))
    return NDArray(flat, values.shape, row_major(values.shape))


def arange(n):
    return array(torch.arange(n))


def where_they_lie(x):
    number = torch.arange(prod(x.shape))
    place = torch.full_like(number, x.offset)
    for size, stride, inner in zip(x.shape, x.strides, row_major(x.shape), strict=True):
        place += number // max(inner, 1) % max(size, 1) * stride
    return place


def elements(x):
    return torch.index_select(x.storage, 0, where_they_lie(x))
