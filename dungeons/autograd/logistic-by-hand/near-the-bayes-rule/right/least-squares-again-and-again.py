"""Newton's method as reweighted least squares, written out; the angle from sine and cosine."""

import math

import torch
from torch import Tensor


def fit(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    x = x.double()
    low, high = x.amin(0), x.amax(0)
    unit = torch.where(high > low, high - low, 1.0)
    rows = torch.cat([(x - low) / unit - 0.5, torch.ones_like(x[:, :1])], dim=1)
    at = rows.new_zeros(rows.shape[1])
    for _ in range(25):
        p = 1 / (1 + torch.exp(-(rows @ at)))
        c = (p * (1 - p)).clamp(min=1e-12)
        weighted = c[:, None] * rows
        moved = torch.linalg.lstsq(rows.T @ weighted, rows.T @ (c * (rows @ at) + y - p), driver="gelsd").solution
        done = (moved - at).norm() < 1e-9 * (1 + at.norm())
        at = moved
        if done:
            break
    w = at[:-1] / unit
    return w, at[-1] - w @ low - 0.5 * at[:-1].sum()


def evaluate(w: Tensor, b: Tensor, x: Tensor, y: Tensor, truth: Tensor) -> dict[str, float]:
    z = x.double() @ w + b
    toward = torch.where(y > 0, z, -z)
    along = float(w @ truth)
    across = math.sqrt(max(float(w @ w) * float(truth @ truth) - along * along, 0.0))
    return {
        "accuracy": ((z >= 0).long() == y.long()).double().mean().item(),
        "log_loss": torch.logaddexp(torch.zeros_like(z), -toward).mean().item(),
        "angle": math.degrees(math.atan2(across, along)),
    }
