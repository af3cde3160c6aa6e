"""What no method can beat on the pictures of shapes.py. Bounds, not optima: whether they can be reached is not known.

Both suppose a rival who is told more than a learner can know. What the rival cannot do, nobody can.

Accuracy. The rival knows everything but the largest shape's class: its area, its centre, the other shapes. Then one of
nine known pictures s_k lies in white Gaussian noise. The best rule takes the nearest; given k, it errs at least
whenever a certain other j is nearer than k, which has probability Q(||s_k - s_j|| / (2 noise)). So

    accuracy <= 1 - mean over k, areas, centres of max over j of Q(||s_k - s_j|| / (2 noise)).

Centre. The rival knows all but one coordinate of the largest shape's centre, uniform over a range of T pixels. The
bound of Ziv and Zakai (1969; for this form Bell, Steinberg, Ephraim and Van Trees, 1997) holds for every estimator,
biased or not:

    mean squared error >= 1/(2T) * double integral over a, b in the range of |a - b| Q(||s(a) - s(b)|| / (2 noise)).

Areas are averaged by the midpoint rule, centres over a grid of fractions of a pixel (accuracy) or the whole range
(centre). Against rules several times as fine, the error rate was found within 2 % from noise 0.2 up, and the floor
within 1 % from noise 0.1 up; both were on the generous side.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from leveling.data.quadrature import normal_tail
from leveling.data.shapes import KINDS, LARGEST, checked, coverage, half_width

AREAS, FRACTIONS, POSITIONS = 4, 8, 129


@lru_cache
def shapes_accuracy_bound(noise: float = 0.3, *, size: int = 16) -> float:
    """An accuracy that no classifier of the largest shape can exceed in expectation."""
    checked(size, noise)
    errors = [_least_error(float(area), size, noise) for area in _areas(size)]
    return 1 - sum(errors) / len(errors)


@lru_cache
def shapes_centre_floor(noise: float = 0.3, *, size: int = 16) -> float:
    """Pixels: no estimate of the centre has a smaller root mean squared error in one coordinate (average of the two)."""
    checked(size, noise)
    floors = [
        _squared_error(kind, float(area), axis, size, noise)
        for kind in range(len(KINDS))
        for area in _areas(size)
        for axis in (0, 1)
    ]
    return math.sqrt(sum(floors) / len(floors))


def _areas(size: int) -> Tensor:
    """float64 (AREAS,): midpoints of equal parts of the range of areas."""
    part = (torch.arange(AREAS, dtype=torch.float64, device="cpu") + 0.5) / AREAS
    return (LARGEST[0] + (LARGEST[1] - LARGEST[0]) * part) * (size / 16) ** 2


def _least_error(area: float, size: int, noise: float) -> float:
    """The rival's error is at least this, averaged over classes and over where the centre lies within a pixel."""
    fraction = (torch.arange(FRACTIONS, dtype=torch.float64, device="cpu") + 0.5) / FRACTIONS
    centres = size / 4 + torch.cartesian_prod(fraction, fraction)
    areas = torch.full((len(centres),), area, dtype=torch.float64, device="cpu")
    # (3, M, S * S): the nine classes are these three in three channels.
    kinds = torch.stack(
        [
            coverage(torch.full((len(centres),), k, dtype=torch.int64, device="cpu"), areas, centres, size).flatten(1)
            for k in range(len(KINDS))
        ]
    )
    same_colour = (kinds[:, None] - kinds[None]).norm(dim=3)  # (3, 3, M)
    energy = kinds.square().sum(dim=2)
    other_colour = (energy[:, None] + energy[None]).sqrt()  # disjoint channels: the squares add up
    itself = torch.eye(len(KINDS), dtype=torch.bool, device="cpu")[..., None]
    nearest = torch.minimum(same_colour.masked_fill(itself, math.inf), other_colour).amin(dim=1)  # (3, M)
    return float(normal_tail(nearest / (2 * noise)).mean())


def _squared_error(kind: int, area: float, axis: int, size: int, noise: float) -> float:
    """Ziv and Zakai's floor for the mean squared error along `axis`, square pixels."""
    kinds = torch.full((POSITIONS,), kind, dtype=torch.int64, device="cpu")
    areas = torch.full((POSITIONS,), area, dtype=torch.float64, device="cpu")
    extent = size / 2 - 2 * float(half_width(kinds, areas)[0])
    along = size / 4 + torch.linspace(-extent / 2, extent / 2, POSITIONS, dtype=torch.float64, device="cpu")
    centres = torch.full((POSITIONS, 2), size / 4, dtype=torch.float64, device="cpu")
    centres[:, axis] = along
    pictures = coverage(kinds, areas, centres, size).flatten(1)
    apart = (along[:, None] - along).abs()
    mistaken = normal_tail(torch.cdist(pictures, pictures, compute_mode="donot_use_mm_for_euclid_dist") / (2 * noise))
    inner = torch.trapezoid(apart * mistaken, along, dim=1)
    return float(torch.trapezoid(inner, along)) / (2 * extent)
