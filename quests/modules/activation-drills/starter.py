"""Eleven drills: activation functions. Each returns a new tensor of x's shape (glu: half the width) and dtype."""

from torch import Tensor


def relu(x: Tensor) -> Tensor:
    """max(x, 0), with gradient 0 at 0; NaN stays NaN."""
    raise NotImplementedError("relu")


def leaky_relu(x: Tensor, slope: float = 0.01) -> Tensor:
    """x where x > 0, slope * x elsewhere (gradient `slope` at 0)."""
    raise NotImplementedError("leaky_relu")


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    raise NotImplementedError("sigmoid")


def tanh(x: Tensor) -> Tensor:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x))."""
    raise NotImplementedError("tanh")


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x where x > 0, alpha * (exp(x) - 1) elsewhere (gradient `alpha` at 0)."""
    raise NotImplementedError("elu")


def softplus(x: Tensor, beta: float = 1.0) -> Tensor:
    """log(1 + exp(beta * x)) / beta."""
    raise NotImplementedError("softplus")


def silu(x: Tensor) -> Tensor:
    """x * sigmoid(x)."""
    raise NotImplementedError("silu")


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    """x * 0.5 * (1 + erf(x / sqrt(2))); "tanh": x * 0.5 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))."""
    raise NotImplementedError("gelu")


def hardswish(x: Tensor) -> Tensor:
    """x * min(max(x + 3, 0), 6) / 6."""
    raise NotImplementedError("hardswish")


def mish(x: Tensor) -> Tensor:
    """x * tanh(softplus(x))."""
    raise NotImplementedError("mish")


def glu(x: Tensor) -> Tensor:
    """x (..., 2D) -> (..., D): first half times the sigmoid of the second; ValueError when the last size is odd."""
    raise NotImplementedError("glu")
