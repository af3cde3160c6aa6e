"""Takes the discriminant as the difference of two large squares."""

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
    inside = closest**2 - (to_centre.square().sum(-1) - scene.radii**2)
    half = torch.where(inside > 0, torch.where(inside > 0, inside, 1.0).sqrt(), 0.0)
    near, far = closest - half, closest + half
    distance = torch.where(near > 0, near, far)
    return torch.where((inside >= 0) & (distance > 0), distance, torch.inf)


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
