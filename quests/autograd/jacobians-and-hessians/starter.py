"""Jacobians and Hessians put together from torch.func's vjp, jvp, grad and vmap. jacrev, jacfwd and hessian are what you build."""

from collections.abc import Callable

from torch import Tensor

Map = Callable[[Tensor], Tensor]


def jacobian_rows(f: Map, x: Tensor) -> Tensor:
    """The Jacobian, one row for each output, all rows at once by vmap over a vjp. f runs once.

    Args:
        f: (N,) -> (M,), made of torch operations
        x: (N,) float

    Returns:
        (M, N), entry [i, j] the derivative of output i by input j, in the dtype of x
    """
    raise NotImplementedError("jacobian_rows")


def jacobian_columns(f: Map, x: Tensor) -> Tensor:
    """The same matrix, one column for each input, all columns at once by vmap over a jvp."""
    raise NotImplementedError("jacobian_columns")


def jacobian(f: Map, x: Tensor) -> Tensor:
    """The same matrix by whichever of the two needs fewer passes."""
    raise NotImplementedError("jacobian")


def batched_jacobian(f: Map, xs: Tensor) -> Tensor:
    """f maps ONE sample (N,) -> (M,) and may mix its entries as it likes; xs (B, N) -> (B, M, N), each sample's Jacobian."""
    raise NotImplementedError("batched_jacobian")


def hessian(f: Map, x: Tensor) -> Tensor:
    """Second derivatives of f: (N,) -> () at x (N,) -> (N, N), forward mode over reverse mode."""
    raise NotImplementedError("hessian")


def laplacian(f: Map, xs: Tensor) -> Tensor:
    """The trace of the Hessian of f: (N,) -> () for each sample, xs (B, N) -> (B,), all samples at once."""
    raise NotImplementedError("laplacian")


def chunked_jacobian(f: Map, x: Tensor, chunk: int) -> Tensor:
    """The same as jacobian_rows with at most `chunk` >= 1 rows in the making at a time; chunk may exceed M or not divide it."""
    raise NotImplementedError("chunked_jacobian")
