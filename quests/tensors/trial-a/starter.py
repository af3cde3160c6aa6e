"""Trial: four algorithms without loops over entries, boxes, rows or states."""

from torch import Tensor


def segmented_cumsum(x: Tensor, starts: Tensor) -> Tensor:
    """Running sums that begin anew at every start.

    Args:
        x: (T,) float32 or float64; T may be 0; infinities and NaN stay inside their segment
        starts: (T,) bool, True where a segment begins; entry 0 begins one in any case

    Returns:
        (T,) in x's dtype: the sum of x from the start of t's segment up to and including t
    """
    raise NotImplementedError("segmented_cumsum")


def nms_keep(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """Greedy non-maximum suppression.

    Go through the boxes by descending score (of equal scores the lower index first) and keep a box unless its
    intersection over union with a box kept before is larger than threshold.

    Args:
        boxes: (N, 4) floating, rows (x1, y1, x2, y2) with x1 <= x2, y1 <= y2; N may be 0. Without area: overlap 0
        scores: (N,)
        threshold: in [0, 1]

    Returns:
        (K,) int64, indices of the kept boxes in the order in which they were kept
    """
    raise NotImplementedError("nms_keep")


def sparse_rows_matmul(indices: Tensor, values: Tensor, dense: Tensor) -> Tensor:
    """Product of a matrix with at most k entries in a row and a dense one.

    Args:
        indices: (N, k) int64, columns of the entries in [0, M), or -1 for "no entry"; a column may occur twice
        values: (N, k) floating; at "no entry" it may be anything, NaN included
        dense: (M, D), M at least 1; a row that is not referred to may hold anything, NaN included

    Returns:
        (N, D): row n is the sum of values[n, j] * dense[indices[n, j]]. Gradients reach values and dense.
    """
    raise NotImplementedError("sparse_rows_matmul")


def viterbi(emissions: Tensor, transitions: Tensor) -> Tensor:
    """The best path through each sequence; only time may be a Python loop.

    Args:
        emissions: (B, T, S) score of state s at time t; T may be 0
        transitions: (S, S) score of going from the row's state to the column's; -inf forbids it

    Returns:
        (B, T) int64, the path with the largest sum of emissions and transitions. Of equally good ones: the last state
        is the lowest that is best, then each state before it is the lowest that is best for the one after it.
    """
    raise NotImplementedError("viterbi")
