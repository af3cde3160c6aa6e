"""Gathers a slice into a storage of its own."""

import math

import torch


class NDArray:
    def __init__(self, storage, shape, strides, offset=0):
        self.storage, self.shape, self.strides, self.offset = storage, tuple(shape), tuple(strides), offset

    def __getitem__(self, index):
        shape, strides, offset = [], [], self.offset
        for axis, (each, size, stride) in enumerate(
            zip(spelled_out(index, self.shape), self.shape, self.strides, strict=True)
        ):
            if isinstance(each, slice):
                start, stop, step = each.indices(size)
                shape.append(len(range(start, stop, step)))
                strides.append(stride * step)
            else:
                if not -size <= each < size:
                    raise IndexError(f"index {each} on axis {axis} with size {size}")
                start = each % size
            offset += start * stride
        view = NDArray(self.storage, shape, strides, offset)
        return NDArray(elements(view), shape, row_major(shape))

    def __setitem__(self, index, value):
        view = self[index]
        if any(size > 1 and stride == 0 for size, stride in zip(self.shape, self.strides, strict=True)):
            raise ValueError("elements share memory")
        self.storage[places(view)] = value

    def item(self):
        if math.prod(self.shape) != 1:
            raise ValueError(f"{math.prod(self.shape)} elements")
        return self.storage[self.offset].item()


def spelled_out(index, shape):
    items = list(index) if isinstance(index, tuple) else [index]
    if len([item for item in items if item is not ...]) > len(shape) or items.count(...) > 1:
        raise IndexError(f"too many indices for {len(shape)} dimensions")
    if ... not in items:
        items.append(...)
    at = items.index(...)
    return items[:at] + [slice(None)] * (len(shape) - len(items) + 1) + items[at + 1 :]


def row_major(shape):
    strides, step = [], 1
    for size in reversed(shape):
        strides.insert(0, step)
        step *= size
    return tuple(strides)


def array(values):
    return NDArray(values.reshape(-1).clone(), values.shape, row_major(values.shape))


def arange(n):
    return array(torch.arange(n))


def places(x):
    reached = torch.tensor([x.offset])
    for size, stride in zip(x.shape, x.strides, strict=True):
        reached = (reached[:, None] + torch.arange(size) * stride).reshape(-1)
    return reached


def elements(x):
    return x.storage[places(x)]
