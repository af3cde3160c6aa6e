"""Written out: one exponential that cannot overflow, large terms first, the small one last."""

import torch
from torch import Tensor


def probability(z: Tensor) -> Tensor:
    """1 / (1 + e^-z), any shape."""
    small = torch.exp(-z.abs())  # in (0, 1]
    return torch.where(z < 0, small, 1.0) / (1.0 + small)


def losses(z: Tensor, y: Tensor) -> Tensor:
    """z (N,) scores, y (N,) labels in [0, 1] -> (N,) nats: softplus(z) - y z."""
    return z.clamp(min=0.0) - z * y + torch.log1p(torch.exp(-z.abs()))


def log_loss(z: Tensor, y: Tensor) -> Tensor:
    """Mean of the losses, shape ()."""
    return losses(z, y).mean()
