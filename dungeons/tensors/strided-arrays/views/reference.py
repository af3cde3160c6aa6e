"""Other readings of the same memory: permuted, stretched, squeezed and reshaped."""

import math

from echoes.tensors.broadcast_shapes import broadcast_strides
from echoes.tensors.views_or_copies import resolved, view_strides
from flat_storage import NDArray, elements, row_major


def permute(x: NDArray, dims: tuple[int, ...]) -> NDArray:
    """Dimension i of the view is dimension dims[i] of x.

    Raises:
        ValueError: when `dims` does not name every dimension once.
    """
    places = [dim % len(x.shape) for dim in dims]
    if sorted(places) != list(range(len(x.shape))):
        raise ValueError(f"dims {dims} must name each of the {len(x.shape)} dimensions once")
    return NDArray(x.storage, [x.shape[place] for place in places], [x.strides[place] for place in places], x.offset)


def squeeze(x: NDArray, dim: int) -> NDArray:
    """Drop a dimension of size 1.

    Raises:
        ValueError: when it has another size.
    """
    place = dim % len(x.shape)
    if x.shape[place] != 1:
        raise ValueError(f"dimension {dim} has size {x.shape[place]}; only a size of 1 can go")
    return x[(slice(None),) * place + (0,)]


def unsqueeze(x: NDArray, dim: int) -> NDArray:
    """A new dimension of size 1, which stands at `dim` in the result; -1 is the last."""
    place = dim % (len(x.shape) + 1)
    shape, strides = list(x.shape), list(x.strides)
    shape.insert(place, 1)
    strides.insert(place, 0)  # nobody walks along it
    return NDArray(x.storage, shape, strides, x.offset)


def expand(x: NDArray, shape: tuple[int, ...]) -> NDArray:
    """x read as `shape`: stretched along dimensions of size 1, and along new ones in front.

    Raises:
        ValueError: when another size would have to change.
    """
    return NDArray(x.storage, shape, broadcast_strides(x.shape, x.strides, shape), x.offset)


def contiguous(x: NDArray) -> NDArray:
    """x itself where reading order is memory order, else a copy of which that is true."""
    expected = row_major(x.shape)
    walked = [axis for axis, size in enumerate(x.shape) if size > 1]  # along a size of 1 any stride will do
    if 0 in x.shape or all(x.strides[axis] == expected[axis] for axis in walked):
        return x
    return NDArray(elements(x), x.shape, expected)


def reshape(x: NDArray, shape: tuple[int, ...]) -> NDArray:
    """The same elements in reading order, as `shape`, where one size may be -1; a view wherever strides can say it.

    Raises:
        ValueError: when the numbers of elements differ.
    """
    strides = view_strides(x.shape, x.strides, shape)
    if strides is None:
        x = contiguous(x)
        strides = view_strides(x.shape, x.strides, shape)
    return NDArray(x.storage, resolved(shape, math.prod(x.shape)), strides, x.offset)
