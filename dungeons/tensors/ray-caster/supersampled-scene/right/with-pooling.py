"""Independent idiom: the large picture, rays in reading order, then average pooling."""

import torch
from camera_rays import camera_rays, look_at
from shading import shade


def render(scene, look, eye, target, up, height, width, fov=50.0, samples=2, tile=256):
    rays = camera_rays(height * samples, width * samples, fov, look_at(eye, target, up)).flatten(0, 1)
    colours = torch.cat([shade(eye, part, scene, look) for part in rays.split(tile * samples**2)])
    large = colours.reshape(1, height * samples, width * samples, 3).permute(0, 3, 1, 2)
    return torch.nn.functional.avg_pool2d(large, samples)[0].permute(1, 2, 0)
