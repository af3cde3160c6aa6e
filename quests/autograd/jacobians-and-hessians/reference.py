"""Jacobians and Hessians put together from vjp, jvp and vmap."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import grad, jvp, vjp, vmap

Map = Callable[[Tensor], Tensor]


def jacobian_rows(f: Map, x: Tensor) -> Tensor:
    """f: (N,) -> (M,), x (N,) -> (M, N). Row i is e_i^T J: one backward, run for all i at once."""
    y, pull = vjp(f, x)
    (rows,) = vmap(pull)(torch.eye(len(y), dtype=y.dtype, device=y.device))
    return rows


def jacobian_columns(f: Map, x: Tensor) -> Tensor:
    """f: (N,) -> (M,), x (N,) -> (M, N). Column j is J e_j: one forward with tangents, run for all j at once."""
    basis = torch.eye(len(x), dtype=x.dtype, device=x.device)
    columns = vmap(lambda tangent: jvp(f, (x,), (tangent,))[1])(basis)  # (N, M): vmap stacks them as rows
    return columns.T


def jacobian(f: Map, x: Tensor) -> Tensor:
    """f: (N,) -> (M,), x (N,) -> (M, N), by the mode that needs fewer passes: M of one kind or N of the other."""
    return jacobian_rows(f, x) if len(f(x)) <= len(x) else jacobian_columns(f, x)


def batched_jacobian(f: Map, xs: Tensor) -> Tensor:
    """f maps one sample (N,) -> (M,); xs (B, N) -> (B, M, N). f never sees two samples, so no (B, M, B, N) comes up."""
    return vmap(lambda x: jacobian_rows(f, x))(xs)


def hessian(f: Map, x: Tensor) -> Tensor:
    """f: (N,) -> (), x (N,) -> (N, N). Forward over reverse: the columns of the Jacobian of the gradient."""
    return jacobian_columns(grad(f), x)


def laplacian(f: Map, xs: Tensor) -> Tensor:
    """f: (N,) -> (), xs (B, N) -> (B,): the trace of each sample's Hessian."""
    basis = torch.eye(xs.shape[1], dtype=xs.dtype, device=xs.device)

    def trace(x: Tensor) -> Tensor:
        def bend(direction: Tensor) -> Tensor:  # e^T H e, the second derivative along e
            return jvp(grad(f), (x,), (direction,))[1] @ direction

        return vmap(bend)(basis).sum()

    return vmap(trace)(xs)


def chunked_jacobian(f: Map, x: Tensor, chunk: int) -> Tensor:
    """f: (N,) -> (M,), x (N,) -> (M, N), at most `chunk` rows at a time: one forward, M / chunk backward passes."""
    y, pull = vjp(f, x)
    rows = x.new_empty(len(y), len(x))
    for start in range(0, len(y), chunk):
        block = rows[start : start + chunk]  # (at most chunk, N), a view
        basis = y.new_zeros(len(block), len(y))
        basis[:, start:].fill_diagonal_(1)
        block.copy_(vmap(pull)(basis)[0])
    return rows
