"""Softplus as it stands in the book."""

import torch
from torch import Tensor


def probability(z: Tensor) -> Tensor:
    small = torch.exp(-z.abs())
    return torch.where(z < 0, small, 1.0) / (1.0 + small)


def losses(z: Tensor, y: Tensor) -> Tensor:
    return torch.log1p(torch.exp(z)) - z * y


def log_loss(z: Tensor, y: Tensor) -> Tensor:
    return losses(z, y).mean()
