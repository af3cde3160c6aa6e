"""Independent idiom: a meshgrid of pixel coordinates, one matrix product with the frame, a branch for the degenerate view."""

import math

import torch
import torch.nn.functional as F


def look_at(eye, target, up):
    forward = F.normalize(target - eye, dim=0)
    right = torch.linalg.cross(forward, F.normalize(up, dim=0))
    if right.norm() < 1e-3:
        other = torch.eye(3, dtype=eye.dtype, device=eye.device)[forward.abs().argmin()]
        right = torch.linalg.cross(forward, other)
    right = F.normalize(right, dim=0)
    return torch.stack((right, torch.linalg.cross(right, forward), forward))


def camera_rays(height, width, fov, frame):
    size = 2 * math.tan(math.radians(fov / 2)) / height
    rows = torch.arange(height, dtype=frame.dtype, device=frame.device)
    columns = torch.arange(width, dtype=frame.dtype, device=frame.device)
    y, x = torch.meshgrid((height - 1) / 2 - rows, columns - (width - 1) / 2, indexing="ij")
    plane = torch.stack((x * size, y * size, torch.ones_like(x)), dim=-1)
    return F.normalize(plane @ frame, dim=-1)
