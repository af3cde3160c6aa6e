"""Independent idiom: one picture for each place within a pixel, averaged at the end."""

import torch
from camera_rays import camera_rays, look_at
from shading import shade


def render(scene, look, eye, target, up, height, width, fov=50.0, samples=2, tile=256):
    rays = camera_rays(height * samples, width * samples, fov, look_at(eye, target, up))
    image = torch.zeros(height * width, 3, dtype=eye.dtype, device=eye.device)
    for down in range(samples):
        for right in range(samples):
            shifted = rays[down::samples, right::samples].reshape(-1, 3)
            image = image + torch.cat([shade(eye, part, scene, look) for part in shifted.split(tile)])
    return (image / samples**2).view(height, width, 3)
