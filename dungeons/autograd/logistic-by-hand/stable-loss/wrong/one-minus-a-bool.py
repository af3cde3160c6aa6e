"""1 - y, which bool tensors refuse."""

import torch
from torch import Tensor


def probability(z: Tensor) -> Tensor:
    small = torch.exp(-z.abs())
    return torch.where(z < 0, small, 1.0) / (1.0 + small)


def _softplus(z: Tensor) -> Tensor:
    return z.clamp(min=0.0) + torch.log1p(torch.exp(-z.abs()))


def losses(z: Tensor, y: Tensor) -> Tensor:
    return y * _softplus(-z) + (1 - y) * _softplus(z)


def log_loss(z: Tensor, y: Tensor) -> Tensor:
    return losses(z, y).mean()
