"""Functions that can be differentiated twice, one that refuses, and a penalty that needs it."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class Cube(torch.autograd.Function):
    """apply(x): x^3, elementwise. Saves its input. Differentiable as often as one likes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """x (...) float -> (...)."""
        raise NotImplementedError("Cube.forward")

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """grad (...) -> (...)."""
        raise NotImplementedError("Cube.backward")


class Exp(torch.autograd.Function):
    """apply(x): e^x, elementwise. Saves its output and nothing else. Differentiable as often as one likes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """x (...) float -> (...)."""
        raise NotImplementedError("Exp.forward")

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """grad (...) -> (...)."""
        raise NotImplementedError("Exp.backward")


class Sinh(torch.autograd.Function):
    """Behind sinh(x): forward makes e^x and e^-x, and backward uses them. May have more than one output."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Any:
        """x (...) float -> (...), or a tuple of such tensors."""
        raise NotImplementedError("Sinh.forward")

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        """One gradient (...) for each output of forward -> (...)."""
        raise NotImplementedError("Sinh.backward")


def sinh(x: Tensor) -> Tensor:
    """(e^x - e^-x) / 2 through Sinh.apply, x (...) -> (...). Differentiable as often as one likes."""
    raise NotImplementedError("sinh")


class TanhOnce(torch.autograd.Function):
    """apply(x): tanh(x), elementwise. Its gradient is right; differentiating that gradient raises RuntimeError."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """x (...) float -> (...)."""
        raise NotImplementedError("TanhOnce.forward")

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """grad (...) -> (...)."""
        raise NotImplementedError("TanhOnce.backward")


def gradient_penalty(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Mean over the samples of (|d critic / dx| - 1)^2, shape (), differentiable with respect to the critic's parameters.

    Args:
        critic: (B, ...) -> (B,) or (B, 1), each sample's score from that sample alone
        x: (B, ...), B >= 1, with or without requires_grad; x and all .grad stay as they are

    The length of a sample's gradient runs over all its dims. A sample whose gradient is 0 counts (0 - 1)^2 = 1 and adds
    nothing to the gradients of the parameters. Works under torch.no_grad as well (the value, without a graph to it).
    """
    raise NotImplementedError("gradient_penalty")
