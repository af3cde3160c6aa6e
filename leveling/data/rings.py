"""Concentric rings: the class of a point is the ring it was drawn from.

A point of class k lies at radius r ~ N(radii[k], noise^2) and at an angle uniform in [0, 2 pi); classes are equally
likely. (A negative r is a point on the other side of the origin.)

Optimum. Given the class, the distance rho = |r| from the origin has the folded normal density

    f_k(rho) = N(rho; radii[k], noise^2) + N(-rho; radii[k], noise^2),   rho >= 0,

and the angle is uniform and independent of the class. So rho is all that tells about the class, the true posterior is
f_k / sum_j f_j, and the best possible accuracy is

    A = 1/K * integral over rho >= 0 of max_k f_k(rho),

a one-dimensional integral, done here by the trapezoid rule in float64 (error below 1e-6). For two rings whose inner
radius is many times the noise, A is close to Phi((radii[1] - radii[0]) / (2 noise)).
"""

from functools import lru_cache

import torch
from torch import Tensor

from leveling.data.quadrature import grid, integral, normal_density, positive
from leveling.data.streams import Stream

RADII = (0.5, 1.0)  # plane units


def rings(count: int, *, noise: float = 0.15, radii: tuple[float, ...] = RADII, seed: int) -> tuple[Tensor, Tensor]:
    """`count` points: positions float32 (N, 2) in plane units, classes int64 (N,) in [0, len(radii))."""
    positive("noise", noise)
    stream = Stream("rings", seed)
    labels = stream.integers(0, len(radii), count)
    radius = torch.tensor(radii, dtype=torch.float64, device="cpu")[labels] + noise * stream.normal(count)
    angle = stream.uniform(count, high=2 * torch.pi)
    points = radius[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
    return points.to(torch.float32), labels


def rings_posterior(points: Tensor, noise: float = 0.15, *, radii: tuple[float, ...] = RADII) -> Tensor:
    """float64 (N, K): the true probability of each class at `points` (N, 2)."""
    positive("noise", noise)
    rho = points.to(torch.float64).norm(dim=1)[:, None]
    centre = torch.tensor(radii, dtype=torch.float64, device=points.device)
    # In logarithms: far from all rings every density underflows.
    toward, away = -((rho - centre) ** 2), -((rho + centre) ** 2)
    return torch.logaddexp(toward / (2 * noise**2), away / (2 * noise**2)).softmax(dim=1)


@lru_cache
def rings_bayes_accuracy(noise: float = 0.15, *, radii: tuple[float, ...] = RADII) -> float:
    """The best accuracy that any classifier can have in expectation, in [1/K, 1]."""
    positive("noise", noise)
    rho = grid(0.0, max(radii) + 10 * noise, 20_001)
    densities = [normal_density(rho, r, noise) + normal_density(-rho, r, noise) for r in radii]
    return integral(torch.stack(densities).amax(0), rho) / len(radii)
