"""Probability and cross-entropy of a raw score: both are softplus, whose difficulty an earlier quest has settled."""

from echoes.autograd import softplus_and_slope
from torch import Tensor


def probability(z: Tensor) -> Tensor:
    """1 / (1 + e^-z), any shape: the slope of softplus."""
    return softplus_and_slope(z)[1]


def losses(z: Tensor, y: Tensor) -> Tensor:
    """z (N,) scores, y (N,) labels in [0, 1] -> (N,) nats: -log P(1) is softplus(-z), -log P(0) is softplus(z)."""
    y = y.to(z.dtype)  # 1 - y is not defined for bool
    return y * softplus_and_slope(-z)[0] + (1.0 - y) * softplus_and_slope(z)[0]


def log_loss(z: Tensor, y: Tensor) -> Tensor:
    """Mean of the losses, shape ()."""
    return losses(z, y).mean()
