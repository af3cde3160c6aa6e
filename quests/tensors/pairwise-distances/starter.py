"""Distances between two sets of points without an (N, M, D) tensor, and still right far from the origin."""

from torch import Tensor


def pairwise_sq_dist(a: Tensor, b: Tensor) -> Tensor:
    """Squared Euclidean distances between all points of a and all points of b.

    Args:
        a: (N, D) float32 or float64; N may be 0
        b: (M, D) in the same dtype

    Returns:
        (N, M), entry [i, j] = |a[i] - b[j]|^2, never negative. Gradients reach a and b.
    """
    raise NotImplementedError("pairwise_sq_dist")


def nearest(a: Tensor, b: Tensor, k: int, chunk: int = 1024) -> tuple[Tensor, Tensor]:
    """The k nearest points of b for each point of a.

    Args:
        a: (N, D) float32 or float64; N may be 0
        b: (M, D) in the same dtype, M at least 1
        k: 1 <= k <= M
        chunk: rows of a whose distances are held at the same time; changes memory, not the result

    Returns:
        squared distances (N, k), ascending in each row; gradients reach a and b
        indices (N, k) int64 into b; of equal distances the one with the lower index comes first

    Raises:
        ValueError: when k is larger than M or below 1
    """
    raise NotImplementedError("nearest")
