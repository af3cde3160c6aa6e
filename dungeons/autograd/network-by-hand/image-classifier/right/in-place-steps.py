"""Plain steps in place, copies for the record, every pixel with a scale of its own."""

from collections.abc import Callable
from typing import Any

import torch
from backward import gradients, softmax_loss
from parameters_and_forward import forward, init
from torch import Tensor


def train(
    images: Tensor,
    labels: Tensor,
    classes: int = 10,
    *,
    hidden: int = 96,
    epochs: int = 25,
    batch: int = 25,
    rate: float = 0.2,
    seed: int = 0,
    report: Callable[..., None] | None = None,
) -> dict[str, Any]:
    x = images.reshape(len(images), -1)
    centre, spread = x.mean(0), float(x.std())
    x = (x - centre) / spread
    params = init([x.shape[1], hidden, classes], seed)
    order, losses, record = torch.Generator().manual_seed(seed), [], []
    for epoch in range(epochs):
        for rows in torch.randperm(len(x), generator=order).split(batch):
            value, slopes = gradients(params, x[rows], labels[rows], softmax_loss)
            if len(record) < 20:
                before = {name: each.clone() for name, each in params.items()}
                record.append({"x": x[rows], "y": labels[rows], "params": before, "gradients": slopes})
            for name, slope in slopes.items():
                params[name].sub_(slope, alpha=rate if epoch < 0.7 * epochs else 0.1 * rate)
            losses.append(value.item())
        if report is not None:
            report(epoch + 1, epochs, loss=losses[-1])
    return {"params": params, "centre": centre, "spread": spread, "losses": losses, "record": record}


def predict(found: dict[str, Any], images: Tensor) -> Tensor:
    x = (images.reshape(len(images), found["centre"].numel()) - found["centre"]) / found["spread"]
    return forward(found["params"], x)[0].max(dim=1).indices
