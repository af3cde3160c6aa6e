"""Blocks of the Hessian one by one, and weights kept apart until the end."""

import torch
from stable_loss import losses, probability
from torch import Tensor


def objective(x: Tensor, y: Tensor, w: Tensor, b: Tensor, l2: float = 0.0, weights: Tensor | None = None) -> Tensor:
    s = torch.ones_like(x[:, 0]) if weights is None else weights
    return (s * losses(torch.mv(x, w) + b, y)).sum() / s.sum() + l2 * w.pow(2).sum() / 2


def gradient(
    x: Tensor, y: Tensor, w: Tensor, b: Tensor, l2: float = 0.0, weights: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    s = torch.ones_like(x[:, 0]) if weights is None else weights
    r = s * (probability(torch.mv(x, w) + b) - y)
    return (r[:, None] * x).sum(0) / s.sum() + l2 * w, r.sum() / s.sum()


def hessian(x: Tensor, y: Tensor, w: Tensor, b: Tensor, l2: float = 0.0, weights: Tensor | None = None) -> Tensor:
    s = torch.ones_like(x[:, 0]) if weights is None else weights
    p = probability(torch.mv(x, w) + b)
    c = s * p * (1 - p)
    features = x.shape[1]
    out = x.new_zeros(features + 1, features + 1)
    out[:-1, :-1] = torch.einsum("n,ni,nj->ij", c, x, x) / s.sum() + l2 * torch.eye(features, dtype=x.dtype)
    out[-1, :-1] = out[:-1, -1] = c @ x / s.sum()
    out[-1, -1] = c.sum() / s.sum()
    return out
