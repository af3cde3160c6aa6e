"""Pixels as they come."""

from collections.abc import Callable
from typing import Any

import torch
from backward import gradients, softmax_loss
from binary_classifier import minibatches
from parameters_and_forward import forward, init
from torch import Tensor

RECORDED = 20  # steps whose gradients are kept


def train(
    images: Tensor,
    labels: Tensor,
    classes: int = 10,
    *,
    hidden: int = 64,
    epochs: int = 20,
    batch: int = 32,
    rate: float = 0.1,
    seed: int = 0,
    report: Callable[..., None] | None = None,
) -> dict[str, Any]:
    """images (N, ...) floats, labels (N,) int64 -> params, scale (mean, spread), losses of all steps, record of the first."""
    scale = (images.mean(), images.std())
    x = _rows(images, scale)
    params = init([x.shape[1], hidden, classes], seed)
    speed = {name: torch.zeros_like(value) for name, value in params.items()}
    generator = torch.Generator().manual_seed(seed)
    steps = [rows for _ in range(epochs) for rows in minibatches(len(x), batch, generator)]
    losses, record = [], []
    for number, rows in enumerate(steps):
        value, slopes = gradients(params, x[rows], labels[rows], softmax_loss)
        losses.append(float(value))
        if number < RECORDED:
            record.append({"x": x[rows], "y": labels[rows], "params": params, "gradients": slopes})
        speed = {name: 0.9 * speed[name] + slopes[name] for name in params}
        now = rate * (1.0 - number / len(steps))
        params = {
            name: params[name] - now * speed[name] for name in params
        }  # new tensors: the record keeps the old ones
        if report:
            report(number + 1, len(steps), loss=losses[-1])
    return {"params": params, "scale": scale, "losses": losses, "record": record}


def predict(found: dict[str, Any], images: Tensor) -> Tensor:
    """The class of the largest logit, (N,) int64."""
    return forward(found["params"], _rows(images, found["scale"]))[0].argmax(dim=1)


def _rows(images: Tensor, scale: tuple[Tensor, Tensor]) -> Tensor:
    """(N, ...) -> (N, F), with the mean and the spread of the training images taken out."""
    return images.flatten(1)
