"""Clamps what is under the root and forgets that it was negative."""

from typing import NamedTuple

import torch
from torch import Tensor


class Scene(NamedTuple):
    centres: Tensor
    radii: Tensor
    normals: Tensor
    offsets: Tensor


def sphere_distances(origins, directions, scene):
    origins, directions = origins.unsqueeze(-2), directions.unsqueeze(-2)
    to_centre = scene.centres - origins
    closest = (to_centre * directions).sum(-1)
    square = (to_centre - closest[..., None] * directions).square().sum(-1)
    inside = scene.radii**2 - square
    half = inside.clamp(min=0).sqrt()
    near, far = closest - half, closest + half
    distance = torch.where(near > 0, near, far)
    return torch.where(distance > 0, distance, torch.inf)


def plane_distances(origins, directions, scene):
    towards = directions @ scene.normals.T
    height = scene.offsets - origins @ scene.normals.T
    parallel = towards == 0
    distance = height / torch.where(parallel, 1.0, towards)
    return torch.where(parallel | (distance <= 0), torch.inf, distance)


def nearest_hit(origins, directions, scene):
    distances = [sphere_distances(origins, directions, scene), plane_distances(origins, directions, scene)]
    distances = torch.cat(distances, dim=-1)
    distances = torch.cat([distances, torch.full_like(distances.sum(-1, keepdim=True), torch.inf)], dim=-1)
    distance, which = distances.min(-1)
    return distance, torch.where(distance.isinf(), -1, which)
