"""Two interleaved half circles with noise.

Class 0 lies on (cos t, sin t), class 1 on (1 - cos t, 1/2 - sin t), with t uniform in [0, pi]; both coordinates get
independent N(0, noise^2) noise; classes are equally likely. Class 1 is class 0 turned by 180 degrees about (1/2, 1/4).

Optimum. The density of a class is its arc smeared by the noise,

    p_k(x) = 1/pi * integral over t in [0, pi] of N(x; arc_k(t), noise^2 I) dt,

the true posterior is p_k / (p_0 + p_1), and the best possible accuracy is A = 1/2 * integral of max(p_0, p_1) over the
plane. The arc is integrated by Gauss-Legendre (nodes well under a noise width apart), the plane by a regular grid of
an eighth of the noise, out to 7 noise widths. The integrand is smooth but for a kink on the decision boundary, which
limits the error to about 1e-5.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from leveling.data.quadrature import gauss_legendre, grid, normal_density
from leveling.data.streams import Stream

LEAST_NOISE = 0.05  # below it the classes no longer touch, and the grid would grow without need


def moons(count: int, *, noise: float = 0.2, seed: int) -> tuple[Tensor, Tensor]:
    """`count` points: positions float32 (N, 2) in plane units (arcs of radius 1), classes int64 (N,) in {0, 1}."""
    _checked(noise)
    stream = Stream("moons", seed)
    labels = stream.integers(0, 2, count)
    angle = stream.uniform(count, high=math.pi)
    upper = torch.stack([angle.cos(), angle.sin()], dim=1)
    points = torch.where(labels[:, None] == 0, upper, _turned(upper)) + noise * stream.normal(count, 2)
    return points.to(torch.float32), labels


def moons_posterior(points: Tensor, noise: float = 0.2) -> Tensor:
    """float64 (N, 2): the true probability of each class at `points` (N, 2)."""
    _checked(noise)
    at = points.to(torch.float64)
    return torch.stack([_log_density(at, noise), _log_density(_turned(at), noise)], dim=1).softmax(dim=1)


@lru_cache
def moons_bayes_accuracy(noise: float = 0.2) -> float:
    """The best accuracy that any classifier can have in expectation, in [1/2, 1]."""
    _checked(noise)
    reach, pitch = 7 * noise, noise / 8
    x = grid(-1 - reach, 2 + reach, math.ceil((3 + 2 * reach) / pitch))
    y = grid(-0.5 - reach, 1 + reach, math.ceil((1.5 + 2 * reach) / pitch))
    angle, weights = _arc(noise)
    # The noise is independent in x and y, so the sum over the arc's nodes is one matrix product.
    across, along = normal_density(x[:, None], angle.cos(), noise), normal_density(y[:, None], angle.sin(), noise)
    zero = across * weights @ along.T  # (X, Y), density of class 0
    one = zero.flip(0, 1)  # the grid is symmetric about (1/2, 1/4)
    return 0.5 * float(torch.maximum(zero, one).sum() * (x[1] - x[0]) * (y[1] - y[0]))


def _arc(noise: float) -> tuple[Tensor, Tensor]:
    """Angles in (0, pi) and weights that sum to 1, float64 (M,): nodes at most half a noise width apart."""
    nodes, weights = gauss_legendre(max(32, math.ceil(4 * math.pi / noise)))
    return math.pi * nodes, weights


def _log_density(points: Tensor, noise: float) -> Tensor:
    """float64 (N,): logarithm of the density of class 0 at `points` (N, 2)."""
    angle, weights = (part.to(points.device) for part in _arc(noise))
    squared = (points[:, :1] - angle.cos()) ** 2 + (points[:, 1:] - angle.sin()) ** 2
    inside = torch.logsumexp(weights.log() - squared / (2 * noise**2), dim=1)
    return inside - math.log(2 * math.pi * noise**2)


def _turned(points: Tensor) -> Tensor:
    """`points` (N, 2) turned by 180 degrees about (1/2, 1/4): one arc becomes the other."""
    return torch.stack([1 - points[:, 0], 0.5 - points[:, 1]], dim=1)


def _checked(noise: float) -> None:
    if not LEAST_NOISE <= noise <= 2:
        raise ValueError(f"noise is {noise}; moons take {LEAST_NOISE} to 2")
