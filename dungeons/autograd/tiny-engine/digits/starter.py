"""The digits, learned on your own engine."""

from collections.abc import Callable

import torch
from array_values import Array
from torch import Tensor

Parameters = dict[str, Array]
HIDDEN, BATCH, RATE, MOMENTUM = 64, 64, 0.02, 0.9


def init(sizes: tuple[int, int, int], generator: torch.Generator) -> Parameters:
    """Parameters for sizes (I, H, O).

    Returns:
        "w1" (I, H), "b1" (H,), "w2" (H, O), "b2" (O,) in this order. Weights: torch.randn(..., generator=generator) times
        sqrt(2 / rows), w1 drawn first; biases 0.
    """
    raise NotImplementedError("init")


def loss(parameters: Parameters, images: Tensor, labels: Tensor) -> Array:
    """Mean cross-entropy of relu(images @ w1 + b1) @ w2 + b2: images (N, I), labels (N,) int64 -> one number."""
    raise NotImplementedError("loss")


def train(
    images: Tensor, labels: Tensor, seed: int, epochs: int = 30, report: Callable[..., None] | None = None
) -> Parameters:
    """Descend with momentum in batches of BATCH.

    Args:
        images: (N, 64) in [0, 1]
        labels: (N,) int64 in [0, 10)
        seed: of the one torch.Generator that draws w1, w2, and then torch.randperm(N) at the start of each epoch
        epochs: how often all images are gone through; the last batch of an epoch may be smaller
        report: when given, call report(epochs done, epochs, loss=loss of the last batch) after each epoch

    Returns:
        The trained parameters.
    """
    raise NotImplementedError("train")


def predict(parameters: Parameters, images: Tensor) -> Tensor:
    """The most probable digit of each image: int64 (N,)."""
    raise NotImplementedError("predict")
