"""Projections, orthogonal bases, least squares and a rank-one update.

Orthogonalising twice: "twice is enough", Kahan's rule in B. Parlett, The Symmetric Eigenvalue Problem.
The update of the inverse is J. Sherman and W. Morrison's formula of 1950.
"""

import torch
from torch import Tensor


def project(x: Tensor, v: Tensor) -> Tensor:
    """x (..., D), v (D,) -> (..., D), the part of x along v."""
    length = torch.linalg.vector_norm(v)
    unit = v / length.masked_fill(length == 0, 1)  # (D,), or zeros
    return (x @ unit).unsqueeze(-1) * unit  # (..., 1) * (D,): how far along v, times the direction


def reflect(x: Tensor, v: Tensor) -> Tensor:
    """x (..., D), v (D,) -> (..., D), mirrored at the hyperplane orthogonal to v."""
    return x - 2 * project(x, v)


def orthonormalise(a: Tensor) -> Tensor:
    """a (R, C) of full column rank -> Q (R, C) with Q^T Q = I and the same spans."""
    basis = a.new_zeros(a.shape[0], 0)
    for column in a.T:  # (R,)
        rest = column
        for _ in range(2):  # what is left may be tiny, and its rounding errors lie along the basis: take them out again
            rest = rest - basis @ (basis.T @ rest)
            rest = rest / torch.linalg.vector_norm(rest)
        basis = torch.cat([basis, rest[:, None]], dim=1)  # (R, k + 1)
    return basis


def least_squares(a: Tensor, b: Tensor) -> Tensor:
    """a (R, C) of full column rank, b (R, K) -> w (C, K), the minimum of ||a w - b||."""
    q = orthonormalise(a)  # (R, C): a = q r
    r = q.T @ a  # (C, C), upper triangular up to rounding
    return torch.linalg.solve_triangular(r, q.T @ b, upper=True)  # r w = q^T b: the condition number is not squared


def rank_one_inverse(a_inv: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """a_inv (n, n), u (n,), v (n,) -> the inverse of A + u v^T.

    Raises:
        ValueError: when A + u v^T is singular up to rounding.
    """
    left, right = a_inv @ u, v @ a_inv  # (n,), (n,)
    growth = 1 + v @ left  # det(A + u v^T) / det(A)
    if growth.abs() <= 100 * torch.finfo(a_inv.dtype).eps:  # what is left of 1 - 1 after rounding
        raise ValueError(f"A + u v^T is singular: 1 + v^T A^-1 u is {growth.item():.3g}")
    return a_inv - left[:, None] * (right / growth)  # (n, 1) * (n,)
