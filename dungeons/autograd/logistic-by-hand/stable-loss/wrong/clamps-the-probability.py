"""The loss from a clamped probability."""

import torch
from torch import Tensor


def probability(z: Tensor) -> Tensor:
    small = torch.exp(-z.abs())
    return torch.where(z < 0, small, 1.0) / (1.0 + small)


def losses(z: Tensor, y: Tensor) -> Tensor:
    p = probability(z).clamp(1e-7, 1 - 1e-7)
    return -(y * torch.log(p) + (1.0 - 1.0 * y) * torch.log1p(-p))


def log_loss(z: Tensor, y: Tensor) -> Tensor:
    return losses(z, y).mean()
