"""Two polynomials as nodes of the tape, and a curve fitted through one of them.

P3 and the fit follow the idea of PyTorch's tutorial "Defining new autograd functions".
"""

from typing import Any

import torch
from torch import Tensor


class Legendre3(torch.autograd.Function):
    """apply(x): P3(x) = (5 x^3 - 3 x) / 2, elementwise."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """x (...) -> (...)."""
        ctx.save_for_backward(x)
        return 0.5 * x * (5 * x * x - 3)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """P3'(x) = (15 x^2 - 3) / 2, times what arrives."""
        (x,) = ctx.saved_tensors
        return grad * (7.5 * x * x - 1.5)


class Polynomial(torch.autograd.Function):
    """apply(x, coefficients): c_0 + c_1 x + ... + c_(K-1) x^(K-1), elementwise in x."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, coefficients: Tensor) -> Tensor:
        """x (...), coefficients (K,) with K >= 1 -> (...)."""
        ctx.save_for_backward(x, coefficients)
        return horner(x, coefficients.unbind())

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of x (...) and coefficients (K,); None for the one that nobody wants."""
        x, coefficients = ctx.saved_tensors
        for_x = for_coefficients = None
        if ctx.needs_input_grad[0]:
            slopes = [k * c for k, c in enumerate(coefficients.unbind())]  # of c_k x^k: k c_k x^(k-1)
            for_x = grad * horner(x, slopes[1:] or slopes)  # a constant has the slope 0 * c_0
        if ctx.needs_input_grad[1]:
            shares = []  # c_k is used at every x, so its gradient is the sum of grad * x^k over all of them
            term = grad
            for _ in coefficients:
                shares.append(term.sum())
                term = term * x
            for_coefficients = torch.stack(shares)
        return for_x, for_coefficients


def horner(x: Tensor, coefficients: list[Tensor] | tuple[Tensor, ...]) -> Tensor:
    """Evaluate from the inside: (c_2 x + c_1) x + c_0, one fused multiply-add for each coefficient."""
    *lower, top = coefficients
    value = top.expand_as(x).clone()  # (...), memory of its own: an output must not be a view of an input
    for c in reversed(lower):
        value = torch.addcmul(c, value, x)
    return value


def fit_sine(xs: Tensor, steps: int, lr: float, seed: int) -> Tensor:
    """xs (N,) -> (4,) a, b, c, d of a + b P3(c + d x), fitted to sin(x) by gradient descent on the mean squared error."""
    generator = torch.Generator().manual_seed(seed)
    noise = 0.05 * torch.randn(4, generator=generator)
    fitted = (torch.tensor([0.0, -1.0, 0.0, 0.3]) + noise).to(xs).requires_grad_()
    target = xs.sin()
    for _ in range(steps):
        a, b, c, d = fitted
        error = a + b * Legendre3.apply(c + d * xs) - target  # (N,)
        (slope,) = torch.autograd.grad(error.square().mean(), fitted)
        with torch.no_grad():
            fitted -= lr * slope
    return fitted.detach()
