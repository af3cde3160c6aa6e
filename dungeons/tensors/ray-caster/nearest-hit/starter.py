"""What each ray meets first, among spheres and planes."""

from typing import NamedTuple

from torch import Tensor


class Scene(NamedTuple):
    """Objects 0 .. S-1 are spheres, S .. S+P-1 planes. A plane is where normal . x = offset; its normal is a unit vector."""

    centres: Tensor  # (S, 3)
    radii: Tensor  # (S,)
    normals: Tensor  # (P, 3)
    offsets: Tensor  # (P,)


def sphere_distances(origins: Tensor, directions: Tensor, scene: Scene) -> Tensor:
    """How far each ray runs until it meets each sphere.

    Args:
        origins: (..., 3) where the rays start; broadcasts against directions
        directions: (..., 3) unit vectors

    Returns:
        (..., S) the smallest positive distance, inf where the ray misses or the sphere lies behind; a tangent ray hits
    """
    raise NotImplementedError("sphere_distances")


def plane_distances(origins: Tensor, directions: Tensor, scene: Scene) -> Tensor:
    """How far each ray runs until it meets each plane: (..., P), inf where it runs parallel or away."""
    raise NotImplementedError("plane_distances")


def nearest_hit(origins: Tensor, directions: Tensor, scene: Scene) -> tuple[Tensor, Tensor]:
    """Find what each ray meets first.

    Returns:
        distance (...), inf where there is nothing, and object (...) int64: sphere s is s, plane p is S + p, nothing -1
    """
    raise NotImplementedError("nearest_hit")
