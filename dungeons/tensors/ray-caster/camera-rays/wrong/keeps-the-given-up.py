"""Returns the given up instead of the frame's own."""

import math

import torch


def unit(v):
    return v / v.norm(dim=-1, keepdim=True)


def look_at(eye, target, up):
    forward = unit(target - eye)
    right = torch.linalg.cross(forward, unit(up))
    axis = torch.eye(3, dtype=eye.dtype, device=eye.device)[forward.abs().argmin()]
    right = unit(torch.where(right.norm() < 1e-3, torch.linalg.cross(forward, axis), right))
    return torch.stack([right, unit(up), forward])


def camera_rays(height, width, fov, frame):
    half = math.tan(math.radians(fov) / 2)
    y = half * (1 - (2 * torch.arange(height, dtype=frame.dtype) + 1) / height)
    x = half * width / height * ((2 * torch.arange(width, dtype=frame.dtype) + 1) / width - 1)
    plane = torch.stack([x.expand(height, width), y[:, None].expand(height, width), torch.ones(height, width)], -1)
    return unit(plane.to(frame.dtype) @ frame)
