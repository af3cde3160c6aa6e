"""Drawn with replacement."""

from collections.abc import Callable

import torch
from backward import binary_loss, gradients
from parameters_and_forward import forward, init
from torch import Tensor


def minibatches(count: int, size: int, generator: torch.Generator) -> list[Tensor]:
    """Indices 0 .. count-1 in random order, in pieces of `size`; the last piece may be shorter."""
    order = torch.randint(max(count, 1), (count,), generator=generator)
    return [order[start : start + size] for start in range(0, count, size)]


def train(
    x: Tensor,
    y: Tensor,
    *,
    hidden: int = 32,
    epochs: int = 30,
    batch: int = 50,
    rate: float = 0.5,
    seed: int = 0,
    report: Callable[..., None] | None = None,
) -> dict[str, Tensor]:
    """x (N, F), y (N,) in {0, 1} -> parameters of an F - hidden - 1 network."""
    params = init([x.shape[1], hidden, 1], seed)
    generator = torch.Generator().manual_seed(seed)
    steps = [rows for _ in range(epochs) for rows in minibatches(len(x), batch, generator)]
    for number, rows in enumerate(steps):
        value, slopes = gradients(params, x[rows], y[rows], binary_loss)
        now = rate * (1.0 - number / len(steps))  # large steps find the place, small ones settle there
        params = {name: params[name] - now * slopes[name] for name in params}
        if report:
            report(number + 1, len(steps), loss=float(value))
    return params


def probability(params: dict[str, Tensor], x: Tensor) -> Tensor:
    """P(class 1), (N,)."""
    return torch.sigmoid(forward(params, x)[0][:, 0])
