"""Five functions with their derivatives worked out by hand, and the comparison that trusts nobody.

The formulas are textbook calculus; the care lies in what is handed to exp: never a large positive number.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def sigmoid_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
    """1 / (1 + e^-x), and s (1 - s)."""
    z = torch.exp(-x.abs())  # in (0, 1]: cannot overflow
    value = torch.where(x >= 0, 1.0, z) / (1.0 + z)
    return value, z / (1.0 + z) ** 2  # s (1 - s), without the cancellation in 1 - s


def tanh_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
    """tanh x, and 1 - tanh^2 x."""
    value = torch.tanh(x)
    return value, (1.0 - value) * (1.0 + value)


def gaussian_and_slope(x: Tensor, mu: float | Tensor, sigma: float | Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The normal density, and its derivatives with respect to x, mu and sigma; all of the broadcast shape."""
    z = (x - mu) / sigma
    density = torch.exp(-0.5 * z * z) / (sigma * math.sqrt(2.0 * math.pi))
    by_x = -density * z / sigma  # chain rule through z, dz/dx = 1 / sigma
    by_sigma = density * (z * z - 1.0) / sigma  # z^2 from the exponent, -1 from the 1 / sigma in front
    return density, by_x, -by_x, by_sigma


def rational_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
    """(x^2 - 1) / (x^2 + 1), and 4 x / (x^2 + 1)^2 by the quotient rule."""
    bottom = x * x + 1.0
    return (x * x - 1.0) / bottom, 4.0 * x / bottom**2


def softplus_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
    """log(1 + e^x), and the sigmoid of x."""
    value = x.clamp(min=0.0) + torch.log1p(torch.exp(-x.abs()))
    return value, sigmoid_and_slope(x)[0]


def compare(f: Callable[[Tensor], Tensor], slope: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The largest |slope(x) - df/dx| over x, shape (); f elementwise, x of any shape; 0 where x is empty."""
    with torch.enable_grad():
        point = x.detach().requires_grad_()  # a leaf of our own: the caller's x keeps its .grad
        (automatic,) = torch.autograd.grad(f(point).sum(), point)  # elementwise: the sum's gradient is every slope
    gaps = (slope(x.detach()) - automatic).detach().abs()
    return gaps.max() if gaps.numel() else gaps.sum()
