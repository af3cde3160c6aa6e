"""Gives each tile a camera of its own, as if it were the whole picture."""

import torch
from camera_rays import camera_rays, look_at
from shading import shade


def render(scene, look, eye, target, up, height, width, fov=50.0, samples=2, tile=256):
    parts = []
    rows = max(1, tile // width)
    for start in range(0, height, rows):
        part = min(rows, height - start)
        inner = camera_rays(part * samples, width * samples, fov, look_at(eye, target, up))
        inner = inner.reshape(part, samples, width, samples, 3).transpose(1, 2).reshape(-1, samples**2, 3)
        parts.append(shade(eye, inner, scene, look).mean(1))
    return torch.cat(parts).reshape(height, width, 3)
