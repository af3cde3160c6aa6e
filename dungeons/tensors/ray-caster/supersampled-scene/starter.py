"""A supersampled picture, a few pixels at a time."""

from nearest_hit import Scene
from shading import Look
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
    """Render a picture.

    Args:
        eye, target, up: (3,) as `look_at` takes them
        fov: vertical angle of view in degrees
        samples: rays along each side of a pixel; a pixel is the mean colour of samples x samples rays
        tile: how many pixels are computed at a time, at most; it bounds the memory and changes nothing else

    Returns:
        (height, width, 3)
    """
    raise NotImplementedError("render")
