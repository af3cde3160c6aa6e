"""Operations whose backward is not the derivative of their forward, on purpose.

Gradient reversal: Ganin & Lempitsky 2015. Straight-through: Bengio, Leonard & Courville 2013. Learned step size: Esser et al. 2020 (LSQ).
Guided backpropagation: Springenberg et al. 2015.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def gradient_through(f: Callable[[Tensor], Tensor], x: Tensor, grad: Tensor) -> Tensor:
    """What f's backward makes of `grad`, an incoming gradient of the shape of f(x), at x: a tensor of x's shape."""
    with torch.enable_grad():
        point = x.detach().requires_grad_()  # a leaf of our own, so that x and x.grad stay as they are
        y = f(point)
        if not y.requires_grad:  # f does not look at its argument
            return torch.zeros_like(x)
        (found,) = torch.autograd.grad(y, point, grad)
    return found


class Reverse(torch.autograd.Function):
    """Identity; the gradient comes back times -scale."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, scale: float) -> Tensor:
        """x (...) -> (...), the same memory."""
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, float], output: Tensor) -> None:
        """No tensor is needed."""
        _, ctx.scale = inputs

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """grad (...) -> (...)."""
        return -ctx.scale * grad, None


class Round(torch.autograd.Function):
    """Round half to even; the gradient passes as if nothing had happened."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        """x (...) -> (...)."""
        return x.round()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        """Nothing is needed."""

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """grad (...) -> (...)."""
        return grad


class Clip(torch.autograd.Function):
    """Identity; each sample's gradient is shortened to norm <= limit."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, limit: float) -> Tensor:
        """x (B, ...) -> (B, ...), the same memory."""
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, float], output: Tensor) -> None:
        """No tensor is needed."""
        _, ctx.limit = inputs

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """grad (B, ...) -> (B, ...)."""
        wide = torch.promote_types(grad.dtype, torch.float32)  # a norm of 70,000 does not fit into float16
        rows = grad.unsqueeze(-1).flatten(1)  # (B, N); the extra dim lets a vector through, too
        norms = torch.linalg.vector_norm(rows, dim=1, dtype=wide)  # (B,)
        factors = (ctx.limit / norms).clamp(max=1.0)  # limit / 0 is inf, so 1: a zero gradient stays zero
        return grad * factors.view(-1, *[1] * (grad.dim() - 1)), None  # times exactly 1 changes no bit


class GuidedRelu(torch.autograd.Function):
    """relu; the gradient passes where it and the input are positive."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        """x (...) -> (...)."""
        return x.relu()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        """The output tells where the input was positive, and the next layer keeps it anyway."""
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """grad (...) -> (...)."""
        (output,) = ctx.saved_tensors
        return torch.where(output > 0, grad.relu(), 0.0)


def reverse_gradient(x: Tensor, scale: float) -> Tensor:
    """x itself; its gradient is multiplied by -scale."""
    return Reverse.apply(x, scale)


def round_ste(x: Tensor) -> Tensor:
    """x.round(), with the gradient of the identity."""
    return Round.apply(x)


def quantize_ste(x: Tensor, scale: Tensor, zero: int, bits: int) -> Tensor:
    """x on the grid scale * (q - zero), q in 0 .. 2^bits - 1; x (...), scale () or broadcasting against x -> (...)."""
    lowest, highest = -zero, 2**bits - 1 - zero
    return round_ste((x / scale).clamp(lowest, highest)) * scale  # LSQ's rule for scale falls out of the product rule


def clip_gradient(x: Tensor, limit: float) -> Tensor:
    """x (B, ...) itself; each sample's gradient is shortened to norm <= limit."""
    return Clip.apply(x, limit)


def guided_relu(x: Tensor) -> Tensor:
    """relu whose backward lets only positive gradients through, and only where x > 0."""
    return GuidedRelu.apply(x)
