"""Colour of what the rays meet: Lambert's cosine for every light that is seen from there."""

from typing import NamedTuple

from nearest_hit import Scene
from torch import Tensor


class Look(NamedTuple):
    """What there is to see by: one row of `albedo` for each sphere, then for each plane."""

    albedo: Tensor  # (S + P, 3) which share of red, green and blue is thrown back
    lights: Tensor  # (L, 3) where the lights are
    powers: Tensor  # (L,)
    ambient: Tensor  # () light that is everywhere
    background: Tensor  # (3,) colour where nothing is hit


def normals_at(points: Tensor, directions: Tensor, which: Tensor, scene: Scene) -> Tensor:
    """Find the unit normals of the objects at points on their surfaces.

    Args:
        points: (..., 3) where the rays hit
        directions: (..., 3) of the rays
        which: (...) int64, the object hit; where it is -1 the result may be any finite vector

    Returns:
        (..., 3), on the side from which the ray comes: normal . direction <= 0
    """
    raise NotImplementedError("normals_at")


def light_reaching(points: Tensor, normals: Tensor, scene: Scene, look: Look) -> Tensor:
    """Add up the light at points on surfaces: (...), the sum of power times cosine over the lights in sight."""
    raise NotImplementedError("light_reaching")


def shade(origins: Tensor, directions: Tensor, scene: Scene, look: Look) -> Tensor:
    """Colour every ray: (..., 3), albedo times (ambient + light reaching) where it hits, else the background."""
    raise NotImplementedError("shade")
