"""Independent idiom: the distance past the centre as a cross product, both ends in one tensor."""

from typing import NamedTuple

import torch
from torch import Tensor


class Scene(NamedTuple):
    centres: Tensor
    radii: Tensor
    normals: Tensor
    offsets: Tensor


def sphere_distances(origins, directions, scene):
    to_centre = scene.centres - origins[..., None, :]
    to_centre, along = torch.broadcast_tensors(to_centre, directions[..., None, :])
    past = torch.linalg.cross(to_centre, along).pow(2).sum(-1)
    closest = torch.linalg.vecdot(to_centre, along)
    hits = past <= scene.radii**2
    chord = scene.radii**2 - past
    half = torch.zeros_like(chord).masked_scatter(chord > 0, chord[chord > 0].sqrt())
    ends = torch.stack([closest - half, closest + half])
    ends = ends.masked_fill(~(hits & (ends > 0)), torch.inf)
    return torch.minimum(ends[0], ends[1])


def plane_distances(origins, directions, scene):
    towards = torch.einsum("...i,pi->...p", directions, scene.normals)
    below = scene.offsets - torch.einsum("...i,pi->...p", origins, scene.normals)
    ahead = (towards * below) > 0
    return (below / towards.masked_fill(~ahead, 1.0)).masked_fill(~ahead, torch.inf)


def nearest_hit(origins, directions, scene):
    spheres, planes = sphere_distances(origins, directions, scene), plane_distances(origins, directions, scene)
    every = torch.nn.functional.pad(torch.cat([spheres, planes], -1), (0, 1), value=torch.inf)
    which = every.argmin(-1, keepdim=True)
    distance = every.gather(-1, which)
    return distance.squeeze(-1), which.masked_fill(distance == torch.inf, -1).squeeze(-1)
