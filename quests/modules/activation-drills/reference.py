"""Eleven activations from their formulas, written so that no exponential can overflow, in the value or in the gradient."""

import math

import torch
from torch import Tensor


def relu(x: Tensor) -> Tensor:
    """max(x, 0); NaN stays NaN because the comparison that would replace it is false for NaN."""
    return torch.where(x <= 0, 0.0, x)


def leaky_relu(x: Tensor, slope: float = 0.01) -> Tensor:
    """x above 0, slope * x elsewhere."""
    return torch.where(x > 0, x, slope * x)


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + exp(-x)) = exp(x) / (exp(x) + 1): whichever has an exponent below 0."""
    negative = x < 0
    z = torch.exp(torch.where(negative, x, -x))  # in (0, 1]
    return torch.where(negative, z, 1.0) / (1 + z)


def tanh(x: Tensor) -> Tensor:
    """(1 - exp(-2 |x|)) / (1 + exp(-2 |x|)) with the sign of x; expm1 keeps the digits of small x."""
    negative = x < 0
    e = torch.expm1(2 * torch.where(negative, x, -x))  # in (-1, 0]
    return torch.where(negative, e, -e) / (2 + e)


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x above 0, alpha * (exp(x) - 1) elsewhere; clamped, because the branch not taken is differentiated too."""
    return torch.where(x > 0, x, alpha * torch.expm1(x.clamp(max=0)))


def softplus(x: Tensor, beta: float = 1.0) -> Tensor:
    """log(1 + exp(beta x)) / beta, and logaddexp(a, 0) is log(exp(a) + exp(0)) without the overflow."""
    return torch.logaddexp(beta * x, torch.zeros_like(x)) / beta


def silu(x: Tensor) -> Tensor:
    """x times its own gate (Elfwing et al., arXiv 1702.03118)."""
    return x * sigmoid(x)


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    """x times the normal distribution function of x (Hendrycks and Gimpel, arXiv 1606.08415), exactly or by tanh."""
    if approximate == "tanh":
        return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def hardswish(x: Tensor) -> Tensor:
    """x times a gate that rises in a straight line from 0 at -3 to 1 at 3 (Howard et al., arXiv 1905.02244)."""
    return x * ((x + 3).clamp(0, 6) / 6)


def mish(x: Tensor) -> Tensor:
    """x tanh(softplus(x)) (Misra, arXiv 1908.08681)."""
    return x * tanh(softplus(x))


def glu(x: Tensor) -> Tensor:
    """x (..., 2D) -> (..., D): the first half times the sigmoid of the second (Dauphin et al., arXiv 1612.08083)."""
    width = x.shape[-1]
    if width % 2:
        raise ValueError(f"the last dimension is halved, and {width} is odd")
    value, gate = x[..., : width // 2], x[..., width // 2 :]
    return value * sigmoid(gate)
