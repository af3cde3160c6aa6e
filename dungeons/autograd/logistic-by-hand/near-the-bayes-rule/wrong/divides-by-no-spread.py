"""0 / 0 for a constant feature."""

import torch
from stable_loss import log_loss
from torch import Tensor
from two_optimisers import newton


def fit(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """x (N, F) in any units, y (N,) labels 0 or 1 -> w (F,), b (), float64: the least log loss without a penalty."""
    x = x.double()
    centre, spread = x.mean(0), x.std(0)
    found = newton((x - centre) / spread, y)  # no feature outweighs another by its unit alone
    w = found["w"] / spread
    return w, found["b"] - w @ centre


def evaluate(w: Tensor, b: Tensor, x: Tensor, y: Tensor, truth: Tensor) -> dict[str, float]:
    """Accuracy, log loss in nats, and the angle between w and the weights `truth`, in degrees."""
    z = x.double() @ w + b
    cosine = torch.dot(w / w.norm(), truth / truth.norm())
    return {
        "accuracy": float(((z > 0) == (y > 0)).double().mean()),
        "log_loss": float(log_loss(z, y)),
        "angle": float(torch.rad2deg(torch.acos(cosine.clamp(-1.0, 1.0)))),  # rounding may pass 1
    }
