"""A pinhole camera: one unit direction for every pixel, from an orthonormal frame."""

import math

import torch
from echoes.tensors.broadcasting_drills import outer
from torch import Tensor
from torch.nn.functional import one_hot


def unit(v: Tensor) -> Tensor:
    """(..., 3) -> (..., 3) of length 1."""
    return v / torch.linalg.vector_norm(v, dim=-1, keepdim=True)


def look_at(eye: Tensor, target: Tensor, up: Tensor) -> Tensor:
    """eye, target, up (3,) -> (3, 3) with rows right, up, forward: orthonormal, whatever `up` is."""
    forward = unit(target - eye)  # (3,)
    sideways = torch.linalg.cross(forward, unit(up))  # (3,), as long as the sine of the angle between the two
    axis = one_hot(forward.abs().argmin(), 3).to(forward)  # (3,): the axis farthest from forward
    parallel = sideways.square().sum() < 1e-6  # a thousandth of a radian: what is left has lost its direction
    right = unit(torch.where(parallel, torch.linalg.cross(forward, axis), sideways))
    return torch.stack([right, torch.linalg.cross(right, forward), forward])


def camera_rays(height: int, width: int, fov: float, frame: Tensor) -> Tensor:
    """fov: vertical angle of view in degrees, frame (3, 3) of `look_at` -> (height, width, 3), row 0 at the top."""
    half = math.tan(math.radians(fov) / 2)  # half the height of the image plane, which stands at distance 1
    options = {"dtype": frame.dtype, "device": frame.device}
    y = 1 - (2 * torch.arange(height, **options) + 1) / height  # (H,): centres of pixels, from 1 down to -1
    x = (2 * torch.arange(width, **options) + 1) / width - 1  # (W,)
    right, up, forward = frame.unbind()  # (3,) each
    rows = forward + outer(half * y, up)  # (H, 3)
    columns = outer(half * width / height * x, right)  # (W, 3): pixels are square, so a wide image sees more
    return unit(rows[:, None] + columns)  # (H, 1, 3) + (W, 3)
