"""An n-dimensional array: one flat storage, and three numbers for every dimension's way of walking through it."""

import math
from types import EllipsisType

import torch
from torch import Tensor

Index = int | slice | EllipsisType


class NDArray:
    """Element (i, j, ...) lies at storage[offset + i * strides[0] + j * strides[1] + ...]."""

    def __init__(self, storage: Tensor, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> None:
        self.storage = storage  # (number of elements,), shared by all views of it
        self.shape = tuple(shape)
        self.strides = tuple(strides)
        self.offset = offset

    def __getitem__(self, index: Index | tuple[Index, ...]) -> "NDArray":
        """A view: ints drop a dimension, slices keep it, `...` stands for all that are not named."""
        shape, strides, offset = [], [], self.offset
        for axis, each in enumerate(spelled_out(index, len(self.shape))):
            size, stride = self.shape[axis], self.strides[axis]
            if isinstance(each, slice):
                start, stop, step = each.indices(size)
                shape.append(len(range(start, stop, step)))
                strides.append(stride * step)
            else:
                start = each + size if each < 0 else each
                if not 0 <= start < size:
                    raise IndexError(f"index {each} is out of range for axis {axis} of size {size}")
            offset += start * stride
        return NDArray(self.storage, tuple(shape), tuple(strides), offset)

    def __setitem__(self, index: Index | tuple[Index, ...], value: float) -> None:
        """Write one number to every element that `index` names.

        Raises:
            ValueError: when several elements of the view are one and the same in the storage.
        """
        view = self[index]
        if any(size > 1 and stride == 0 for size, stride in zip(view.shape, view.strides, strict=True)):
            raise ValueError(
                f"elements share memory (strides {view.strides} at shape {view.shape}): copy before writing"
            )
        self.storage[addresses(view)] = value

    def item(self) -> float:
        """The only element, as a Python number.

        Raises:
            ValueError: when there is not exactly one.
        """
        if math.prod(self.shape) != 1:
            raise ValueError(f"an array of shape {self.shape} has {math.prod(self.shape)} elements, not one")
        return self.storage[self.offset].item()


def spelled_out(index: Index | tuple[Index, ...], dims: int) -> list[int | slice]:
    """One int or slice for every dimension.

    Raises:
        IndexError: for more indices than dimensions, or two ellipses.
    """
    every = list(index) if isinstance(index, tuple) else [index]
    dots = every.count(...)
    missing = dims - len(every) + dots
    if missing < 0 or dots > 1:
        raise IndexError(f"{len(every) - dots} indices and {dots} ellipses for {dims} dimensions")
    place = every.index(...) if dots else len(every)
    return every[:place] + [slice(None)] * missing + every[place + 1 :]


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides at which reading order is memory order: the last dimension is walked in steps of 1."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def array(values: Tensor) -> NDArray:
    """A new array with a storage of its own, in reading order."""
    return NDArray(values.flatten().clone(), tuple(values.shape), row_major(values.shape))


def arange(n: int) -> NDArray:
    """The integers 0 .. n-1, int64."""
    return array(torch.arange(n))


def addresses(x: NDArray) -> Tensor:
    """(number of elements,) int64: the place of every element in the storage, in reading order."""
    reached = torch.tensor([x.offset], device=x.storage.device)
    for size, stride in zip(x.shape, x.strides, strict=True):
        steps = torch.arange(size, device=x.storage.device) * stride
        reached = (reached[:, None] + steps).flatten()  # (so far, 1) + (size,)
    return reached


def elements(x: NDArray) -> Tensor:
    """(number of elements,) in reading order: a slice of the storage where that is possible, else gathered."""
    if x.strides == row_major(x.shape):
        return x.storage[x.offset : x.offset + math.prod(x.shape)]
    return x.storage[addresses(x)]
