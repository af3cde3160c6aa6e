"""Switches autograd off to save memory."""

import torch
from camera_rays import camera_rays, look_at
from shading import shade


@torch.no_grad()
def render(scene, look, eye, target, up, height, width, fov=50.0, samples=2, tile=256):
    rays = camera_rays(height * samples, width * samples, fov, look_at(eye, target, up))
    pixels = rays.reshape(height, samples, width, samples, 3).transpose(1, 2).reshape(-1, samples**2, 3)
    parts = []
    for start in range(0, height * width, tile):
        parts.append(shade(eye, pixels[start : start + tile], scene, look).mean(1))
    return torch.cat(parts).reshape(height, width, 3)
