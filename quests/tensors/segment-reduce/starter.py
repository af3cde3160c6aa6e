"""Reduce the rows of a tensor group by group, without a Python loop over the groups."""

from torch import Tensor


def segment_sum(x: Tensor, ids: Tensor, n: int) -> Tensor:
    """Add up the rows of each segment.

    Args:
        x: (N, ...) floating or int64
        ids: (N,) int64 in [0, n), in any order; ids[i] is the segment of row i
        n: number of segments; some may be empty, also the last ones

    Returns:
        (n, ...) in x's dtype; an empty segment gives 0
    """
    raise NotImplementedError("segment_sum")


def segment_mean(x: Tensor, ids: Tensor, n: int) -> Tensor:
    """Average the rows of each segment: x (N, ...) floating -> (n, ...); an empty segment gives 0."""
    raise NotImplementedError("segment_mean")


def segment_max(x: Tensor, ids: Tensor, n: int) -> Tensor:
    """Take the elementwise maximum of each segment: x (N, ...) floating -> (n, ...); an empty segment gives -inf."""
    raise NotImplementedError("segment_max")


def segment_softmax(x: Tensor, ids: Tensor, n: int) -> Tensor:
    """Softmax inside each segment: x (N,) floating -> (N,), where the entries of one segment sum to 1."""
    raise NotImplementedError("segment_softmax")
