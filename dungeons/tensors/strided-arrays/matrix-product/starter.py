"""The matrix product of arrays with any number of dimensions: one batched product of contiguous blocks."""

from flat_storage import NDArray


def matmul(x: NDArray, y: NDArray) -> NDArray:
    """Multiply matrices, or stacks of them, as torch.matmul does.

    Args:
        x: (..., n, k), or (k,): a row, whose dimension does not appear in the result
        y: (..., k, m), or (k,): a column, likewise

    Returns:
        (..., n, m), where the leading dimensions are those of x and y, broadcast; row-major, storage of its own

    Raises:
        ValueError: when an operand has no dimension, or the inner sizes differ, or leading sizes do not broadcast
    """
    raise NotImplementedError("matmul")
