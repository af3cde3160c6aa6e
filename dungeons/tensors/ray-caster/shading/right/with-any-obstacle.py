"""Independent idiom: asks whether any obstacle is nearer than the light; gathers per pixel."""

from typing import NamedTuple

import torch
from nearest_hit import nearest_hit, plane_distances, sphere_distances
from torch import Tensor


class Look(NamedTuple):
    albedo: Tensor
    lights: Tensor
    powers: Tensor
    ambient: Tensor
    background: Tensor


def normals_at(points, directions, which, scene):
    spheres = len(scene.radii)
    normals = torch.ones_like(points)
    for plane, normal in enumerate(scene.normals):
        normals = torch.where((which == spheres + plane)[..., None], normal, normals)
    if spheres:
        outward = points - scene.centres[which.clamp(0, spheres - 1)]
        normals = torch.where(((which >= 0) & (which < spheres))[..., None], outward, normals)
    normals = normals / normals.norm(dim=-1, keepdim=True)
    return torch.where((normals * directions).sum(-1, keepdim=True) > 0, -normals, normals)


def light_reaching(points, normals, scene, look):
    lit = []
    for index in range(len(look.lights)):
        towards = torch.nn.functional.normalize(look.lights[index] - points, dim=-1)
        start = points + 5e-4 * normals
        far = torch.linalg.vector_norm(look.lights[index] - start, dim=-1, keepdim=True)
        shadow = (sphere_distances(start, towards, scene) < far).any(-1)
        shadow = shadow | (plane_distances(start, towards, scene) < far).any(-1)
        lit.append(look.powers[index] * torch.relu(torch.linalg.vecdot(normals, towards)).masked_fill(shadow, 0))
    return sum(lit, torch.zeros_like(points[..., 0]))


def shade(origins, directions, scene, look):
    distance, which = nearest_hit(origins, directions, scene)
    hit = which >= 0
    points = origins + torch.where(hit, distance, 1.0)[..., None] * directions
    normals = normals_at(points, directions, which, scene)
    brightness = look.ambient + light_reaching(points, normals, scene, look)
    picture = look.background.expand(directions.shape).clone()
    picture[hit] = look.albedo[which[hit]] * brightness[hit][:, None]
    return picture
