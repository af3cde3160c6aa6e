"""Independent idiom: Gram-Schmidt on up; directions normalised by their known length."""

import math

import torch


def look_at(eye, target, up):
    forward = (target - eye) / torch.linalg.norm(target - eye)
    up = up / torch.linalg.norm(up)
    candidates = torch.cat([up[None], torch.eye(3, dtype=up.dtype, device=up.device)])
    along = candidates @ forward
    chosen = torch.where(along[0].abs() < 0.999999, 0, 1 + along[1:].abs().argmin())
    rest = candidates[chosen] - along[chosen] * forward
    true_up = rest / torch.linalg.norm(rest)
    true_up = true_up - (true_up @ forward) * forward
    true_up = true_up / torch.linalg.norm(true_up)
    return torch.stack([torch.linalg.cross(forward, true_up), true_up, forward])


def camera_rays(height, width, fov, frame):
    half = math.tan(math.radians(fov) / 2)
    like = {"dtype": frame.dtype, "device": frame.device}
    y = half * (1 - (torch.arange(height, **like) + 0.5) * 2 / height)[:, None, None]
    x = half * width / height * ((torch.arange(width, **like) + 0.5) * 2 / width - 1)[None, :, None]
    return (x * frame[0] + y * frame[1] + frame[2]) / torch.sqrt(x**2 + y**2 + 1)
