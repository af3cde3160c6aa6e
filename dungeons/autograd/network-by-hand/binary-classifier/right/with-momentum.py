"""Momentum in place, a constant rate, batches by split; labels as floats."""

from collections.abc import Callable

import torch
from backward import binary_loss, gradients
from parameters_and_forward import forward, init
from torch import Tensor


def minibatches(count: int, size: int, generator: torch.Generator) -> list[Tensor]:
    order = torch.rand(count, generator=generator, dtype=torch.float64).argsort()
    return list(order.split(size)) if count else []


def train(
    x: Tensor,
    y: Tensor,
    *,
    hidden: int = 48,
    epochs: int = 25,
    batch: int = 40,
    rate: float = 0.02,
    seed: int = 0,
    report: Callable[..., None] | None = None,
) -> dict[str, Tensor]:
    params = init([x.shape[1], hidden, 1], seed)
    speed = {name: torch.zeros_like(value) for name, value in params.items()}
    generator = torch.Generator().manual_seed(seed + 1)
    labels = y.to(x.dtype)
    for epoch in range(1, epochs + 1):
        for rows in minibatches(len(x), batch, generator):
            value, slopes = gradients(params, x[rows], labels[rows], binary_loss)
            for name, slope in slopes.items():
                speed[name].mul_(0.9).add_(slope)
                params[name].sub_(speed[name], alpha=rate)
        if report is not None:
            report(epoch, epochs, loss=value.item())
    return params


def probability(params: dict[str, Tensor], x: Tensor) -> Tensor:
    return torch.sigmoid(forward(params, x)[0]).reshape(-1)
