"""Floor 2: the derivatives.

Everywhere: x (N, F) rows, y (N,) labels, w (F,) and b () parameters, l2 the strength of the penalty on w, weights (N,) what
each row counts for, at least 0 and not all 0 (None: all the same).
"""

from stable_loss import losses, probability  # your floor 1
from torch import Tensor


def objective(x: Tensor, y: Tensor, w: Tensor, b: Tensor, l2: float = 0.0, weights: Tensor | None = None) -> Tensor:
    """Weighted mean of the losses plus l2 / 2 |w|^2, shape (). The weighted mean divides by the sum of the weights."""
    raise NotImplementedError("objective")


def gradient(
    x: Tensor, y: Tensor, w: Tensor, b: Tensor, l2: float = 0.0, weights: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Derivatives of the objective by w, shape (F,), and by b, shape ()."""
    raise NotImplementedError("gradient")


def hessian(x: Tensor, y: Tensor, w: Tensor, b: Tensor, l2: float = 0.0, weights: Tensor | None = None) -> Tensor:
    """Second derivatives, (F + 1, F + 1): rows and columns 0 .. F-1 belong to w, the last ones to b."""
    raise NotImplementedError("hessian")
