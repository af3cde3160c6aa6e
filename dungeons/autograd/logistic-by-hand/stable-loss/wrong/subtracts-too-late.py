"""softplus(z) - z y: the small rest has been rounded away before the large terms cancel."""

import torch
from torch import Tensor


def probability(z: Tensor) -> Tensor:
    small = torch.exp(-z.abs())
    return torch.where(z < 0, small, 1.0) / (1.0 + small)


def losses(z: Tensor, y: Tensor) -> Tensor:
    softplus = z.clamp(min=0.0) + torch.log1p(torch.exp(-z.abs()))
    return softplus - z * y


def log_loss(z: Tensor, y: Tensor) -> Tensor:
    return losses(z, y).mean()
