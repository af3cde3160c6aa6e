"""An n-dimensional array: one flat storage, and three numbers for every dimension's way of walking through it."""

from types import EllipsisType

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
        """Make a view that shares the storage.

        Args:
            index: an int (drops its dimension), a slice (keeps it), `...` (all that are not named), or a tuple of those

        Raises:
            IndexError: for an int out of range, naming axis and size; for too many indices,
                naming the number of dimensions; for two ellipses
        """
        raise NotImplementedError("NDArray.__getitem__")

    def __setitem__(self, index: Index | tuple[Index, ...], value: float) -> None:
        """Write one number to every element that `index` names.

        Raises:
            ValueError: when the view has a stride of 0 along a dimension larger than 1: its elements share memory
        """
        raise NotImplementedError("NDArray.__setitem__")

    def item(self) -> float:
        """Return the only element as a Python number; ValueError when there is not exactly one."""
        raise NotImplementedError("NDArray.item")


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Compute the strides at which reading order is memory order: (2, 3, 5) -> (15, 5, 1)."""
    raise NotImplementedError("row_major")


def array(values: Tensor) -> NDArray:
    """Copy a tensor of any shape into a new row-major array with offset 0."""
    raise NotImplementedError("array")


def arange(n: int) -> NDArray:
    """Make the array of the integers 0 .. n-1, int64."""
    raise NotImplementedError("arange")


def elements(x: NDArray) -> Tensor:
    """Read all elements in reading order (last dimension fastest): (number of elements,) in the storage's dtype."""
    raise NotImplementedError("elements")
