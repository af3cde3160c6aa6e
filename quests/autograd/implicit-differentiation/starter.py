"""Differentiate what a solver found, not how it found it."""

from collections.abc import Callable

from torch import Tensor


def fixed_point(f: Callable[..., Tensor], z0: Tensor, *params: Tensor, tol: float, max_iter: int) -> Tensor:
    """Find z with f(z, *params) = z by iterating f.

    Args:
        f: f(z, *params) -> tensor like z, a contraction in z; it depends on nothing else that is trained
        z0: any shape; where to start, receives no gradient
        params: tensors; those that require grad receive one, zeros if f ignores them
        tol: stop when no entry of f(z) - z is larger; the same for the linear system in backward
        max_iter: at most this many applications of f, and as many in the backward's system

    Returns:
        z like z0. What is kept for backward does not depend on the number of iterations.

    Raises:
        RuntimeError: after max_iter applications, with the last residual (the largest entry of |f(z) - z|) in the message
    """
    raise NotImplementedError("fixed_point")


def ridge_solution(x: Tensor, y: Tensor, log_lambda: Tensor) -> Tensor:
    """Minimise |x w - y|^2 + exp(log_lambda) |w|^2: x (N, D), y (N,), log_lambda () -> w (D,); gradients reach all three."""
    raise NotImplementedError("ridge_solution")
