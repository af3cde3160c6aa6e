"""A weighted sum over N."""

import torch
from stable_loss import losses, probability
from torch import Tensor


def objective(x: Tensor, y: Tensor, w: Tensor, b: Tensor, l2: float = 0.0, weights: Tensor | None = None) -> Tensor:
    """x (N, F), y (N,), w (F,), b () -> (): weighted mean loss plus l2 / 2 |w|^2."""
    return _shares(x, weights) @ losses(x @ w + b, y) + 0.5 * l2 * (w @ w)


def gradient(
    x: Tensor, y: Tensor, w: Tensor, b: Tensor, l2: float = 0.0, weights: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """By w (F,) and by b (): every row adds its share of (p - y) x and of p - y."""
    residual = _shares(x, weights) * (probability(x @ w + b) - y)  # (N,)
    return x.T @ residual + l2 * w, residual.sum()


def hessian(x: Tensor, y: Tensor, w: Tensor, b: Tensor, l2: float = 0.0, weights: Tensor | None = None) -> Tensor:
    """(F + 1, F + 1), b last: every row adds its share of p (1 - p) times the outer product of (x, 1)."""
    z = x @ w + b
    curvature = _shares(x, weights) * probability(z) * probability(-z)  # (N,); 1 - p is the probability of -z
    rows = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)  # (N, F + 1): the bias is the weight of a feature 1
    h = rows.T @ (curvature[:, None] * rows)
    h.diagonal()[:-1] += l2  # the penalty leaves the bias alone
    return h


def _shares(x: Tensor, weights: Tensor | None) -> Tensor:
    """(N,), sum 1: what each row counts for."""
    weights = x.new_ones(len(x)) if weights is None else weights
    return weights / len(x)
