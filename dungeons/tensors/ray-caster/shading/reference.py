"""Colour of what the rays meet: Lambert's cosine for every light that is seen from there."""

from typing import NamedTuple

import torch
from nearest_hit import Scene, nearest_hit
from torch import Tensor
from torch.nn.functional import normalize, pad

OFFSET = 1e-3  # shadow rays start that far above the surface: many roundings of a point, few pixels of a picture


class Look(NamedTuple):
    """What there is to see by: one row of `albedo` for each sphere, then for each plane."""

    albedo: Tensor  # (S + P, 3) which share of red, green and blue is thrown back
    lights: Tensor  # (L, 3) where the lights are
    powers: Tensor  # (L,)
    ambient: Tensor  # () light that is everywhere
    background: Tensor  # (3,) colour where nothing is hit


def normals_at(points: Tensor, directions: Tensor, which: Tensor, scene: Scene) -> Tensor:
    """points, directions (..., 3), which (...) objects -> (..., 3) unit normals on the side that the rays come from."""
    spheres, planes = len(scene.radii), len(scene.offsets)
    centres = pad(scene.centres, (0, 0, 0, planes + 1))  # (S + P + 1, 3): a row for every object, the last for -1
    flat = pad(scene.normals, (0, 0, spheres, 1), value=1.0)  # (S + P + 1, 3)
    curved = (which < spheres).unsqueeze(-1)  # (..., 1)
    outward = normalize((points - centres[which]).where(curved, flat[which]), dim=-1)
    away = (outward * directions).sum(-1, keepdim=True) > 0  # (..., 1): this side looks where the ray looks
    return (-outward).where(away, outward)


def light_reaching(points: Tensor, normals: Tensor, scene: Scene, look: Look) -> Tensor:
    """points, normals (..., 3) -> (...): power times cosine, summed over the lights that are seen from there."""
    starts = points + OFFSET * normals
    total = torch.zeros_like(points[..., 0])
    for light, power in zip(look.lights, look.powers, strict=True):  # few; all at once would hold L times the memory
        way = light - starts  # (..., 3)
        far = torch.linalg.vector_norm(way, dim=-1)  # (...)
        towards = way / far.unsqueeze(-1)
        obstacle, _ = nearest_hit(starts, towards, scene)
        cosine = (normals * towards).sum(-1).clamp(min=0)  # a light below the horizon gives nothing
        total = total + power * cosine.where(obstacle >= far, 0)
    return total


def shade(origins: Tensor, directions: Tensor, scene: Scene, look: Look) -> Tensor:
    """origins, directions (..., 3) -> (..., 3) colours."""
    distance, which = nearest_hit(origins, directions, scene)  # (...)
    hit = which >= 0
    points = origins + distance.where(hit, 1).unsqueeze(-1) * directions  # inf would make NaN of what is thrown away
    normals = normals_at(points, directions, which, scene)
    brightness = look.ambient + light_reaching(points, normals, scene, look)
    colours = torch.cat([look.albedo, look.background.unsqueeze(0)])[which]  # (..., 3): row -1 is the last one
    return colours * brightness.where(hit, 1).unsqueeze(-1)
