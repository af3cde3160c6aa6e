"""Noise for each sample.

Abadi et al., arXiv 1607.00133 (the step); Mironov et al., arXiv 1908.10530 (the sampled Gaussian mechanism's Renyi divergence).
"""

import math
from collections.abc import Callable

import torch
from clipped_sums import clipped_sum
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]
ORDERS = range(2, 129)


def poisson_sample(n: int, rate: float, generator: torch.Generator) -> Tensor:
    """Positions in [0, n), ascending, each taken with probability `rate` on its own: int64, of random length."""
    return (torch.rand(n, generator=generator) < rate).nonzero().flatten()


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
    """(clipped sum over the drawn samples + normal noise of deviation sigma * clip) / expected batch size, by name."""
    sums, _ = clipped_sum(model, loss_fn, x, y, clip)
    return {
        name: (each + sigma * clip * len(x) ** 0.5 * torch.randn(each.shape, generator=generator)) / expected
        for name, each in sums.items()
    }


def epsilon(steps: int, rate: float, sigma: float, delta: float) -> float:
    """Upper bound on the epsilon of `steps` steps at `delta`: the best that any order's Renyi divergence proves."""
    return min(steps * renyi(order, rate, sigma) + math.log(1 / delta) / (order - 1) for order in ORDERS)


def renyi(order: int, rate: float, sigma: float) -> float:
    """Renyi divergence of one step at a whole order: log of a binomial mean of exp(k (k - 1) / (2 sigma^2)), over order - 1."""
    k = torch.arange(order + 1, dtype=torch.float64)
    binomial = math.lgamma(order + 1) - torch.lgamma(k + 1) - torch.lgamma(order - k + 1)
    # xlogy: 0 log 0 is 0, which a rate of 1 needs
    weights = torch.xlogy(k, torch.tensor(rate, dtype=k.dtype)) + torch.xlogy(
        order - k, torch.tensor(1 - rate, dtype=k.dtype)
    )
    terms = binomial + weights + k * (k - 1) / (2 * sigma**2)
    return float(terms.logsumexp(0)) / (order - 1)
