"""Integrals and normal probabilities in float64, for the optima that are known by integration."""

import math
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor


class Estimate(NamedTuple):
    """A number known by sampling, with the standard deviation of its own error."""

    value: float
    standard_error: float


def grid(low: float, high: float, points: int) -> Tensor:
    """float64 (points,): evenly spaced, both ends included."""
    return torch.linspace(low, high, points, dtype=torch.float64, device="cpu")


def integral(values: Tensor, over: Tensor) -> float:
    """Trapezoid rule of `values` (P,) at the points `over` (P,), both float64."""
    return float(torch.trapezoid(values, over))


def normal_density(x: Tensor, mean: float | Tensor = 0.0, std: float = 1.0) -> Tensor:
    """Density of N(mean, std^2) at `x`."""
    return torch.exp(-0.5 * ((x - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


def normal_cdf(x: float) -> float:
    """Phi(x), accurate in the lower tail too."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def normal_tail(x: Tensor) -> Tensor:
    """Q(x) = 1 - Phi(x), elementwise, accurate in the upper tail."""
    return 0.5 * torch.erfc(x / math.sqrt(2))


@lru_cache(maxsize=8)
def gauss_legendre(points: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights, float64 (points,) each, of the Gauss-Legendre rule on [0, 1].

    Golub and Welsch (1969): the nodes are the eigenvalues of the Legendre recurrence's tridiagonal matrix, the weights
    the squares of the first entries of its eigenvectors.
    """
    k = torch.arange(1, points, dtype=torch.float64, device="cpu")
    side = k / (4 * k * k - 1).sqrt()
    nodes, vectors = torch.linalg.eigh(torch.diag(side, 1) + torch.diag(side, -1))
    return (nodes + 1) / 2, vectors[0] ** 2


def positive(name: str, value: float) -> None:
    """Raise ValueError unless `value` is finite and above 0."""
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} is {value}; it must be a finite number above 0")
