"""A divergence in place of the cross-entropy."""

import torch
from torch import Tensor


def probability(z: Tensor) -> Tensor:
    small = torch.exp(-z.abs())
    return torch.where(z < 0, small, 1.0) / (1.0 + small)


def losses(z: Tensor, y: Tensor) -> Tensor:
    y = y.to(z.dtype)
    entropy = -(torch.xlogy(y, y) + torch.xlogy(1 - y, 1 - y))
    return z.clamp(min=0.0) - z * y + torch.log1p(torch.exp(-z.abs())) - entropy


def log_loss(z: Tensor, y: Tensor) -> Tensor:
    return losses(z, y).mean()
