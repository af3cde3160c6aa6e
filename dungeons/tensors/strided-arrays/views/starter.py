"""Other readings of the same memory: permuted, stretched, squeezed and reshaped."""

from flat_storage import NDArray


def permute(x: NDArray, dims: tuple[int, ...]) -> NDArray:
    """Reorder the dimensions: dimension i of the view is dimension dims[i] of x; negative dims count from the end.

    Raises:
        ValueError: when `dims` does not name every dimension once
    """
    raise NotImplementedError("permute")


def squeeze(x: NDArray, dim: int) -> NDArray:
    """Drop a dimension of size 1; ValueError when it has another size."""
    raise NotImplementedError("squeeze")


def unsqueeze(x: NDArray, dim: int) -> NDArray:
    """Add a dimension of size 1 that stands at `dim` in the result; -1 makes it the last."""
    raise NotImplementedError("unsqueeze")


def expand(x: NDArray, shape: tuple[int, ...]) -> NDArray:
    """Read x as `shape` without copying, by strides of 0.

    Sizes of 1 stretch to any size, and new dimensions may come in front.

    Raises:
        ValueError: when another size would have to change, or `shape` has fewer dimensions
    """
    raise NotImplementedError("expand")


def contiguous(x: NDArray) -> NDArray:
    """Return x itself where its reading order is its memory order, else a row-major copy."""
    raise NotImplementedError("contiguous")


def reshape(x: NDArray, shape: tuple[int, ...]) -> NDArray:
    """Give the elements, in reading order, another shape: a view wherever strides can say it, else a copy.

    Args:
        shape: sizes, one of which may be -1: whatever is left

    Raises:
        ValueError: when the numbers of elements differ, or -1 has no single meaning
    """
    raise NotImplementedError("reshape")
