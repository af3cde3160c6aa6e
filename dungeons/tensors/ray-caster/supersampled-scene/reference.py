"""A supersampled picture, a few pixels at a time."""

import torch
from camera_rays import camera_rays, look_at
from nearest_hit import Scene
from shading import Look, shade
from torch import Tensor


def render(
    scene: Scene,
    look: Look,
    eye: Tensor,
    target: Tensor,
    up: Tensor,
    height: int,
    width: int,
    fov: float = 50.0,
    samples: int = 2,
    tile: int = 256,
) -> Tensor:
    """A picture (height, width, 3), each pixel the mean of samples x samples rays, `tile` pixels at a time."""
    rays = camera_rays(height * samples, width * samples, fov, look_at(eye, target, up))  # (H s, W s, 3)
    rays = rays.unflatten(1, (width, samples)).unflatten(0, (height, samples))  # (H, s, W, s, 3)
    pixels = rays.transpose(1, 2).flatten(0, 1)  # (H W, s, s, 3): each pixel beside its own samples
    colours = [shade(eye, part, scene, look).mean((1, 2)) for part in pixels.split(tile)]  # (tile, 3) each
    return torch.cat(colours).unflatten(0, (height, width))
