"""Vectors and matrices in batches."""

import torch


def project(x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """x (..., D), v (D,) -> (..., D): the orthogonal projection of every x onto the line along v; zeros where v = 0."""
    raise NotImplementedError("project")


def reflect(x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """x (..., D), v (D,) -> (..., D): every x mirrored at the hyperplane orthogonal to v; x itself where v = 0."""
    raise NotImplementedError("reflect")


def orthonormalise(a: torch.Tensor) -> torch.Tensor:
    """a (R, C), R >= C, full column rank -> Q (R, C) with Q^T Q = I.

    The first k columns of Q span what the first k columns of a span, and the diagonal of Q^T a is positive.
    """
    raise NotImplementedError("orthonormalise")


def least_squares(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """a (R, C) of full column rank, b (R, K) -> w (C, K) that minimises ||a w - b||."""
    raise NotImplementedError("least_squares")


def rank_one_inverse(a_inv: torch.Tensor, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """a_inv (n, n), u (n,), v (n,) -> (n, n): the inverse of A + u v^T, by about n^2 multiplications.

    Raises:
        ValueError: when A + u v^T is singular, up to rounding.
    """
    raise NotImplementedError("rank_one_inverse")
