"""Two polynomials as autograd Functions, and a curve fitted through one of them."""

from typing import Any

import torch
from torch import Tensor


class Legendre3(torch.autograd.Function):
    """apply(x): P3(x) = (5 x^3 - 3 x) / 2, elementwise. Keeps x, and nothing else, for backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """x (...) float -> (...), same dtype."""
        raise NotImplementedError("Legendre3.forward")

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """grad (...) arrives for the output; returns the gradient of x, (...)."""
        raise NotImplementedError("Legendre3.backward")


class Polynomial(torch.autograd.Function):
    """apply(x, coefficients): c_0 + c_1 x + ... + c_(K-1) x^(K-1). Keeps x and coefficients for backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, coefficients: Tensor) -> Tensor:
        """x (...) float, coefficients (K,) of the same dtype, K >= 1 -> (...)."""
        raise NotImplementedError("Polynomial.forward")

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """grad (...) -> gradients of x (...) and of coefficients (K,); None, and no work, for the one nobody wants."""
        raise NotImplementedError("Polynomial.backward")


def fit_sine(xs: Tensor, steps: int, lr: float, seed: int) -> Tensor:
    """Fit a + b P3(c + d x) to sin(x) by plain gradient descent on the mean squared error.

    The start is (0, -1, 0, 0.3) + 0.05 * torch.randn(4, generator=g), g a torch.Generator of its own seeded with `seed`.

    Args:
        xs: (N,) float, the points at which the two curves are compared
        steps: how many times all four parameters move by -lr times their gradient; 0 returns the start

    Returns:
        (4,) a, b, c, d in the dtype of xs, without graph
    """
    raise NotImplementedError("fit_sine")
