"""Backward as something to be differentiated itself.

The three ways of saving (input, output, intermediates) follow PyTorch's tutorial "Double Backward with Custom Functions";
the penalty is that of Gulrajani et al. 2017 (WGAN-GP).
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class Cube(torch.autograd.Function):
    """x^3; saves the input."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """x (...) -> (...)."""
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """With create_graph these operations are recorded, and the x that comes back here is connected to its graph."""
        (x,) = ctx.saved_tensors
        return grad * 3 * x * x


class Exp(torch.autograd.Function):
    """e^x; saves the output."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """x (...) -> (...)."""
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """The y that comes back here has this very node as its grad_fn, so differentiating it comes through here again."""
        (y,) = ctx.saved_tensors
        return grad * y


class Sinh(torch.autograd.Function):
    """sinh; its intermediates e^x and e^-x are outputs, because only inputs and outputs are known to the graph."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (...) -> sinh x, e^x, e^-x, each (...)."""
        up, down = x.exp(), x.neg().exp()
        ctx.save_for_backward(up, down)
        return (up - down) / 2, up, down

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        """One gradient for each output; the last two are zeros in the first backward, and the second one comes in through them."""
        grad, grad_up, grad_down = grads
        up, down = ctx.saved_tensors
        return grad * (up + down) / 2 + grad_up * up - grad_down * down


def sinh(x: Tensor) -> Tensor:
    """sinh of x (...) -> (...)."""
    return Sinh.apply(x)[0]


class Refuse(torch.autograd.Function):
    """Hands its argument on, and raises when somebody differentiates it: every path back leads through here."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        """value (...) -> (...)."""
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """The second backward has arrived."""
        raise RuntimeError("TanhOnce can be differentiated once only")


class TanhOnce(torch.autograd.Function):
    """tanh; its backward is not to be differentiated."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """x (...) -> (...)."""
        y = x.tanh()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """once_differentiable would do, were it not for its gaps: it raises only if grad has a graph and the search meets it."""
        (y,) = ctx.saved_tensors
        return Refuse.apply(grad * (1 - y * y))


def gradient_penalty(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """x (B, ...) -> (), the mean of (|d critic / dx| - 1)^2."""
    record = torch.is_grad_enabled()
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        total = critic(x).sum()  # samples do not mix, so the gradient of the sum holds each sample's own gradient
        (slopes,) = torch.autograd.grad(total, x, create_graph=record)  # (B, ...)
    lengths = torch.linalg.vector_norm(slopes.flatten(1), dim=1)  # (B,); its own gradient at a length of 0 is 0
    return (lengths - 1).square().mean()
