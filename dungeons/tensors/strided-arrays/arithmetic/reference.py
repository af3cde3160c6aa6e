"""Elementwise functions by broadcasting, and reductions over axes."""

import math
from collections.abc import Callable

import torch
from echoes.tensors.broadcast_shapes import broadcast_shape
from flat_storage import NDArray, elements, row_major
from torch import Tensor
from views import expand, permute

Operand = NDArray | float
Axes = int | tuple[int, ...] | None


def elementwise(function: Callable[..., Tensor], *operands: Operand) -> NDArray:
    """A function of flat tensors, applied to operands that broadcast; a number has no dimension and a weak dtype."""
    shape = broadcast_shape(*(x.shape for x in operands if isinstance(x, NDArray)))
    flat = [elements(expand(x, shape)) if isinstance(x, NDArray) else torch.tensor(x) for x in operands]
    return NDArray(function(*flat), shape, row_major(shape))


def add(x: Operand, y: Operand) -> NDArray:
    """x + y."""
    return elementwise(torch.add, x, y)


def subtract(x: Operand, y: Operand) -> NDArray:
    """x - y."""
    return elementwise(torch.sub, x, y)


def multiply(x: Operand, y: Operand) -> NDArray:
    """x * y."""
    return elementwise(torch.mul, x, y)


def divide(x: Operand, y: Operand) -> NDArray:
    """x / y, floating also for integers."""
    return elementwise(torch.div, x, y)


def maximum(x: Operand, y: Operand) -> NDArray:
    """The larger one, elementwise."""
    return elementwise(torch.maximum, x, y)


def exp(x: NDArray) -> NDArray:
    """e to the power of x."""
    return elementwise(torch.exp, x)


def equal(x: Operand, y: Operand) -> NDArray:
    """Bool: where x equals y."""
    return elementwise(torch.eq, x, y)


def less(x: Operand, y: Operand) -> NDArray:
    """Bool: where x is below y."""
    return elementwise(torch.lt, x, y)


def where(condition: NDArray, x: Operand, y: Operand) -> NDArray:
    """x where the condition holds, else y."""
    return elementwise(torch.where, condition, x, y)


def sum_over(x: NDArray, axes: Axes = None, keepdims: bool = False) -> NDArray:
    """The sum over one, several or (None) all axes; integers and bools add up in int64."""
    return reduced(lambda rows: rows.sum(1), x, axes, keepdims)


def mean_over(x: NDArray, axes: Axes = None, keepdims: bool = False) -> NDArray:
    """The mean, floating also for integers; NaN over nothing."""
    dtype = x.storage.dtype if x.storage.is_floating_point() else torch.float32
    return reduced(lambda rows: rows.mean(1, dtype=dtype), x, axes, keepdims)


def max_over(x: NDArray, axes: Axes = None, keepdims: bool = False) -> NDArray:
    """The maximum.

    Raises:
        ValueError: over nothing, which has none.
    """
    return reduced(lambda rows: something(rows).amax(1), x, axes, keepdims)


def argmax(x: NDArray, axis: int, keepdims: bool = False) -> NDArray:
    """int64: where along the axis the (first) maximum stands.

    Raises:
        ValueError: over nothing.
    """
    return reduced(lambda rows: something(rows).argmax(1), x, axis, keepdims)


def reduced(function: Callable[[Tensor], Tensor], x: NDArray, axes: Axes, keepdims: bool) -> NDArray:
    """`function` maps rows (kept, reduced) to (kept,): the axes that go are turned to the end and laid in a row."""
    dims = len(x.shape)
    named = range(dims) if axes is None else (axes,) if isinstance(axes, int) else axes
    gone = [axis % dims for axis in named]
    kept = [axis for axis in range(dims) if axis not in gone]
    sizes = [x.shape[axis] for axis in kept]
    rows = elements(permute(x, (*kept, *gone))).view(math.prod(sizes), math.prod(x.shape[axis] for axis in gone))
    shape = tuple(1 if axis in gone else x.shape[axis] for axis in range(dims)) if keepdims else tuple(sizes)
    return NDArray(function(rows), shape, row_major(shape))


def something(rows: Tensor) -> Tensor:
    """`rows` (kept, reduced) as they are.

    Raises:
        ValueError: when there is nothing in a row.
    """
    if rows.shape[1] == 0:
        raise ValueError("nothing has no maximum: an axis of size 0 is reduced")
    return rows
