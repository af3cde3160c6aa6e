"""What each ray meets first, among spheres and planes.

The discriminant from the perpendicular rest is that of E. Haines, J. Gunther and T. Akenine-Moller, "Precision Improvements
for Ray/Sphere Intersection", Ray Tracing Gems (2019): it does not subtract two large squares.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Scene(NamedTuple):
    """Objects 0 .. S-1 are spheres, S .. S+P-1 planes. A plane is where normal . x = offset; its normal is a unit vector."""

    centres: Tensor  # (S, 3)
    radii: Tensor  # (S,)
    normals: Tensor  # (P, 3)
    offsets: Tensor  # (P,)


def sphere_distances(origins: Tensor, directions: Tensor, scene: Scene) -> Tensor:
    """origins, directions (..., 3) -> (..., S): the smallest positive distance, inf where a ray misses."""
    to_centre = scene.centres - origins.unsqueeze(-2)  # (S, 3) - (..., 1, 3)
    directions = directions.unsqueeze(-2)  # (..., 1, 3)
    closest = (to_centre * directions).sum(-1)  # (..., S): how far along the ray it passes the centre
    past = (
        to_centre - closest.unsqueeze(-1) * directions
    )  # (..., S, 3): from there to the centre, orthogonal to the ray
    inside = scene.radii.square() - past.square().sum(-1)  # (..., S): half the chord, squared; negative for a miss
    touches = inside >= 0
    half = inside.where(touches, 1).sqrt()  # replaced under the root, where a NaN would come from
    near = closest - half
    distance = near.where(near > 0, closest + half)  # from within, the far end is in front
    return distance.where(touches & (distance > 0), torch.inf)


def plane_distances(origins: Tensor, directions: Tensor, scene: Scene) -> Tensor:
    """origins, directions (..., 3) -> (..., P): the positive distance, inf where a ray runs parallel or away."""
    towards = directions @ scene.normals.T  # (..., P)
    height = scene.offsets - origins @ scene.normals.T  # (..., P)
    distance = height / towards.where(towards != 0, 1)
    return distance.where((towards != 0) & (distance > 0), torch.inf)


def nearest_hit(origins: Tensor, directions: Tensor, scene: Scene) -> tuple[Tensor, Tensor]:
    """origins, directions (..., 3) -> distance (...), inf for none, and object (...) int64, -1 for none."""
    spheres = sphere_distances(origins, directions, scene)  # (..., S)
    planes = plane_distances(origins, directions, scene)  # (..., P)
    nothing = torch.full_like(directions[..., :1], torch.inf).expand(*spheres.shape[:-1], 1)  # (..., 1)
    distance, which = torch.cat([spheres, planes, nothing], dim=-1).min(-1)
    return distance, which.masked_fill(distance.isinf(), -1)
