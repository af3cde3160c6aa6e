"""Correct, but shoots one row of the image after the other."""

import math

import torch


def unit(v):
    return v / v.norm(dim=-1, keepdim=True)


def look_at(eye, target, up):
    forward = unit(target - eye)
    right = torch.linalg.cross(forward, unit(up))
    axis = torch.eye(3, dtype=eye.dtype, device=eye.device)[forward.abs().argmin()]
    right = unit(torch.where(right.norm() < 1e-3, torch.linalg.cross(forward, axis), right))
    return torch.stack([right, torch.linalg.cross(right, forward), forward])


def camera_rays(height, width, fov, frame):
    half = math.tan(math.radians(fov) / 2)
    x = half * width / height * ((2 * torch.arange(width, dtype=frame.dtype, device=frame.device) + 1) / width - 1)
    rows = []
    for i in range(height):
        y = half * (1 - (2 * i + 1) / height)
        rows.append(unit(x[:, None] * frame[0] + y * frame[1] + frame[2]))
    return torch.stack(rows)
