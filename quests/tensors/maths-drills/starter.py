"""Ten drills: reductions and vector maths. Each function is judged on its own; no loops, fill them in any order."""

import torch


def softmax_rows(x: torch.Tensor) -> torch.Tensor:
    """x (..., C) floats, C >= 1 -> (..., C): exp(x) over its sum along the last dimension, for entries of any size."""
    raise NotImplementedError("softmax_rows")


def standardise(x: torch.Tensor) -> torch.Tensor:
    """x (N, D) floats, N >= 1 -> (N, D): columns of mean 0 and population variance 1; constant columns become 0."""
    raise NotImplementedError("standardise")


def cosine(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """a (..., D), b (..., D), broadcastable -> (...): the cosine of their angle; 0 where either vector is zero."""
    raise NotImplementedError("cosine")


def frobenius(a: torch.Tensor) -> torch.Tensor:
    """a (..., R, C) -> (...): the root of the sum of the squares of each matrix."""
    raise NotImplementedError("frobenius")


def top_k_sum(x: torch.Tensor, k: int) -> torch.Tensor:
    """x (..., C), 0 <= k <= C -> (...): the sum of the k largest entries."""
    raise NotImplementedError("top_k_sum")


def running_max(x: torch.Tensor) -> torch.Tensor:
    """x (..., T) -> (..., T): entry t is the maximum of entries 0 .. t."""
    raise NotImplementedError("running_max")


def moving_sum(x: torch.Tensor, width: int) -> torch.Tensor:
    """x (..., T), 1 <= width <= T -> (..., T - width + 1): entry t is the sum of entries t .. t + width - 1."""
    raise NotImplementedError("moving_sum")


def quadratic_form(x: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    """x (B, D), a (D, D), not always symmetric -> (B,): x_b^T A x_b."""
    raise NotImplementedError("quadratic_form")


def count_values(ids: torch.Tensor, n: int) -> torch.Tensor:
    """ids (any shape) int64 in 0 .. n-1 -> (n,) int64: how often each value occurs."""
    raise NotImplementedError("count_values")


def argmax_2d(x: torch.Tensor) -> torch.Tensor:
    """x (R, C), R, C >= 1 -> (2,) int64: row and column of the maximum, the first in row-major order."""
    raise NotImplementedError("argmax_2d")
