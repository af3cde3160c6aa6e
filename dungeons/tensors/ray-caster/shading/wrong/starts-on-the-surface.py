"""Shadow rays start exactly on the surface."""

from typing import NamedTuple

import torch
from nearest_hit import nearest_hit
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
    start = points
    total = torch.zeros_like(points[..., 0])
    for light, power in zip(look.lights, look.powers, strict=True):
        way = light - start
        far = way.norm(dim=-1)
        towards = way / far[..., None]
        cosine = (normals * towards).sum(-1).clamp(min=0)
        free = nearest_hit(start, towards, scene)[0] >= far
        total = total + power * cosine * free
    return total


def shade(origins, directions, scene, look):
    distance, which = nearest_hit(origins, directions, scene)
    hit = which >= 0
    points = origins + torch.where(hit, distance, 1.0)[..., None] * directions
    normals = normals_at(points, directions, which, scene)
    brightness = look.ambient + light_reaching(points, normals, scene, look)
    colours = torch.cat([look.albedo, look.background[None]])[which]
    return colours * torch.where(hit, brightness, 1.0)[..., None]
