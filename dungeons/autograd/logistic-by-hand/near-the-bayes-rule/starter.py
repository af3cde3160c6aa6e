"""Boss: as good as the data allow."""

from stable_loss import log_loss  # your floor 1
from torch import Tensor
from two_optimisers import newton  # your floor 3


def fit(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Fit without a penalty.

    x: rows (N, F), float32 or float64, every feature in a unit of its own. y: labels 0 or 1, int64 (N,).
    Returns w (F,) and b () in float64, for rows in the units of x.
    """
    raise NotImplementedError("fit")


def evaluate(w: Tensor, b: Tensor, x: Tensor, y: Tensor, truth: Tensor) -> dict[str, float]:
    """Measure a classifier on rows x (N, F) float32 or float64 with labels y (N,); w, b and truth are float64.

    Returns "accuracy" (share of rows on the right side of p = 1/2), "log_loss" (nats), and "angle" (degrees between w and
    the true weights `truth` (F,), from 0 to 180).
    """
    raise NotImplementedError("evaluate")
