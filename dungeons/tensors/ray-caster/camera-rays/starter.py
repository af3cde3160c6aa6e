"""A pinhole camera: one unit direction for every pixel, from an orthonormal frame."""

from torch import Tensor


def look_at(eye: Tensor, target: Tensor, up: Tensor) -> Tensor:
    """Build the frame of a camera at `eye` that looks at `target`.

    Args:
        eye: (3,) where the camera stands
        target: (3,) another point, which appears in the middle of the image
        up: (3,) what should point upwards in the image; any length, not necessarily orthogonal to the view

    Returns:
        (3, 3), orthonormal, with the rows right, up, forward; right = forward x up
    """
    raise NotImplementedError("look_at")


def camera_rays(height: int, width: int, fov: float, frame: Tensor) -> Tensor:
    """Shoot one ray through the centre of every pixel.

    Args:
        height, width: pixels of the image
        fov: vertical angle of view in degrees, from the lower to the upper edge of the image
        frame: (3, 3) as `look_at` returns it

    Returns:
        (height, width, 3) unit directions in frame's dtype; row 0 is the top of the image, column 0 its left
    """
    raise NotImplementedError("camera_rays")
