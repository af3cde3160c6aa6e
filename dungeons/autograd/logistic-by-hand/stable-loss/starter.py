"""Floor 1: the loss."""

from torch import Tensor


def probability(z: Tensor) -> Tensor:
    """P(class 1) = 1 / (1 + e^-z) for scores z of any shape and any size: 0 or 1 at the ends, never NaN."""
    raise NotImplementedError("probability")


def losses(z: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of every row, in nats.

    z: scores (N,). y: labels (N,) in [0, 1], of a float type, integers or bool. Returns (N,) in the dtype of z.
    """
    raise NotImplementedError("losses")


def log_loss(z: Tensor, y: Tensor) -> Tensor:
    """Mean of `losses`, shape ()."""
    raise NotImplementedError("log_loss")
