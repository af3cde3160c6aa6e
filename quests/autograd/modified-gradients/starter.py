"""Operations whose backward is not the derivative of their forward, on purpose.

The forward of each is bit for bit the plain operation, in every float dtype. All of them work inside torch.func.grad and
torch.func.vmap. Write Functions of your own where you need them.
"""

from collections.abc import Callable

from torch import Tensor


def gradient_through(f: Callable[[Tensor], Tensor], x: Tensor, grad: Tensor) -> Tensor:
    """What f's backward makes of the incoming gradient `grad` at x. Works under torch.no_grad; x and x.grad stay as they are.

    Args:
        f: takes a tensor of x's shape and returns a tensor; may ignore its argument (the answer is zeros then)
        x: (...) float, with or without requires_grad
        grad: of the shape of f(x)

    Returns:
        the gradient that arrives at x, of x's shape
    """
    raise NotImplementedError("gradient_through")


def reverse_gradient(x: Tensor, scale: float) -> Tensor:
    """x (...) unchanged; its gradient is multiplied by -scale. Keeps nothing for backward."""
    raise NotImplementedError("reverse_gradient")


def round_ste(x: Tensor) -> Tensor:
    """x.round() for every x, infinite ones too, with the gradient of the identity. Keeps nothing for backward."""
    raise NotImplementedError("round_ste")


def quantize_ste(x: Tensor, scale: Tensor, zero: int, bits: int) -> Tensor:
    """Fake quantisation: (clamp(round(v) + zero, 0, 2^bits - 1) - zero) * scale with v = x / scale.

    Gradient of x: 1 inside the range, 0 outside. Inside means -zero <= v <= 2^bits - 1 - zero, before rounding.
    Gradient of scale: round(v) - v inside; below -zero; above 2^bits - 1 - zero (the LSQ rule), summed to scale's shape.

    Args:
        x: (...) float
        scale: () or broadcasting against x without enlarging it, such as (C, 1); positive
        zero: the integer that stands for 0.0, in 0 .. 2^bits - 1
        bits: how many bits an integer has
    """
    raise NotImplementedError("quantize_ste")


def clip_gradient(x: Tensor, limit: float) -> Tensor:
    """x (B, ...) unchanged; the gradient of each sample (dim 0) longer than `limit` is shortened to it, others stay bit for bit.

    The norm runs over all other dims and is taken in float32 at least. B may be 0.
    """
    raise NotImplementedError("clip_gradient")


def guided_relu(x: Tensor) -> Tensor:
    """relu; a gradient passes where x > 0 and the gradient itself is positive, elsewhere it is 0."""
    raise NotImplementedError("guided_relu")
