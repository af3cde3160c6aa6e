"""Noise for private descent, and an account of what it spends."""

from collections.abc import Callable

import torch
from clipped_sums import clipped_sum
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]


def poisson_sample(n: int, rate: float, generator: torch.Generator) -> Tensor:
    """Positions in [0, n), ascending, each taken with probability `rate` independently of the others: int64 (random length,)."""
    raise NotImplementedError("poisson_sample")


def private_gradient(
    model: nn.Module,
    loss_fn: Loss,
    x: Tensor,
    y: Tensor,
    clip: float,
    sigma: float,
    expected: float,
    generator: torch.Generator,
) -> dict[str, Tensor]:
    """The gradient that a private step may use.

    Args:
        x: (B, ...), y: (B, ...) the drawn samples, perhaps none
        clip: the norm to which each sample's gradient is clipped
        sigma: the noise's standard deviation as a multiple of clip
        expected: the batch size that is expected, rate * n, whatever was drawn
        generator: the source of the noise

    Returns:
        {name: (clipped sum + noise) / expected} in the parameters' shapes
    """
    raise NotImplementedError("private_gradient")


def epsilon(steps: int, rate: float, sigma: float, delta: float) -> float:
    """The epsilon at `delta` that `steps` (1 or more) private steps spend, by Renyi divergences of the orders 2 to 128."""
    raise NotImplementedError("epsilon")
