"""Noisy pictures of one to four coloured shapes: which is the largest, where is it, how many are there.

A picture of size S has four quarters of S/2 x S/2 pixels. `count` (1 to 4, equally likely) of them, chosen at random,
hold one shape each, so that shapes never overlap and the count can be known. Kind, colour and area are independent:

* kind: disc, square or triangle (upright, base and height equal), of the same area for the same `area`;
* colour: red, green or blue, that is one channel at 1;
* area: uniform in LARGEST for one shape, in OTHERS for the rest; square pixels at S = 16, in proportion to S^2;
* centre (of the bounding square): uniform where the bounding square stays inside its quarter.

A pixel's value is clamp(1/2 - sd, 0, 1) in the shape's channel, with sd the signed distance in pixels from the pixel's
centre to the edge (negative inside): an edge is smooth over one pixel and moves with the centre by fractions of one.
N(0, noise^2) is added to every value of every channel, without clamping.

What is exact is the distribution above. The best possible accuracy and error have no closed form; bounds that no
method can pass are in shapes_bounds.py.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from leveling.data.quadrature import positive
from leveling.data.streams import Stream

KINDS = ("disc", "square", "triangle")
COLOURS = ("red", "green", "blue")
LARGEST, OTHERS = (18.0, 24.0), (6.0, 12.0)  # square pixels in a picture of 16 x 16


class Shapes(NamedTuple):
    """N pictures and what is true of them."""

    images: Tensor  # float32 (N, 3, S, S): background 0, shape 1, and noise
    labels: Tensor  # int64 (N,) in [0, 9): 3 * colour + kind of the largest shape
    centres: Tensor  # float32 (N, 2): row and column of its centre, in pixels from the picture's upper left corner
    counts: Tensor  # int64 (N,), 1 to 4: how many shapes there are


def shapes(count: int, *, size: int = 16, noise: float = 0.3, seed: int) -> Shapes:
    """`count` pictures of `size` x `size` pixels; `size` is even and 12 or more, `noise` in units of a shape's value."""
    checked(size, noise)
    stream = Stream("shapes", seed)
    counts = stream.integers(1, 5, count)
    kinds, colours = stream.integers(0, 3, count, 4), stream.integers(0, 3, count, 4)
    quarters = stream.uniform(count, 4).argsort(dim=1)  # a random order of the quarters; the largest takes the first
    areas = stream.uniform(count, 4, low=OTHERS[0], high=OTHERS[1])
    areas[:, 0] = stream.uniform(count, low=LARGEST[0], high=LARGEST[1])
    areas *= (size / 16) ** 2
    corners = torch.stack([quarters // 2, quarters % 2], dim=2) * (size // 2)  # (N, 4, 2)
    room = size // 2 - 2 * half_width(kinds, areas)  # (N, 4): how far a centre can move
    centres = corners + size / 4 + (stream.uniform(count, 4, 2) - 0.5) * room[..., None]
    shown = torch.arange(4, device="cpu") < counts[:, None]
    images = torch.zeros(count, 3, size, size, dtype=torch.float64, device="cpu")
    rows = torch.arange(count, device="cpu")
    for place in range(4):
        drawn = coverage(kinds[:, place], areas[:, place], centres[:, place], size) * shown[:, place, None, None]
        images[rows, colours[:, place]] += drawn
    images += noise * stream.normal(count, 3, size, size)
    label = 3 * colours[:, 0] + kinds[:, 0]
    return Shapes(images.to(torch.float32), label, centres[:, 0].to(torch.float32), counts)


def coverage(kinds: Tensor, areas: Tensor, centres: Tensor, size: int) -> Tensor:
    """float64 (N, size, size) in [0, 1]: shapes of `kinds` (N,) and `areas` (N,) at `centres` (N, 2), without noise."""
    pixel = torch.arange(size, dtype=torch.float64, device="cpu") + 0.5
    down = pixel[None, :, None] - centres[:, 0, None, None]  # (N, S, 1)
    right = (pixel[None, None, :] - centres[:, 1, None, None]).abs()  # (N, 1, S): every kind is symmetric
    half = half_width(kinds, areas)[:, None, None]
    disc = (down**2 + right**2).sqrt() - half
    square = torch.maximum(down.abs().expand_as(disc), right.expand_as(disc)) - half
    # Apex at (-half, 0), base at +half: the slanted side's normal is (-1, 2) / sqrt(5) in (down, right).
    triangle = torch.maximum((down - half).expand_as(disc), (2 * right - down - half) / math.sqrt(5))
    signed = torch.stack([disc, square, triangle])[kinds, torch.arange(len(kinds), device="cpu")]
    return (0.5 - signed).clamp(0, 1)


def half_width(kinds: Tensor, areas: Tensor) -> Tensor:
    """float64, of the shape of `kinds` and `areas`: half the side of the bounding square, in pixels."""
    # pi h^2, (2h)^2 and 2h * 2h / 2
    per_square = torch.tensor([math.pi, 4.0, 2.0], dtype=torch.float64, device="cpu")
    return (areas / per_square[kinds]).sqrt()


def checked(size: int, noise: float) -> None:
    """Raise ValueError for a size or noise that the definition does not hold for."""
    if size < 12 or size % 2:
        raise ValueError(f"size is {size}; it must be even and 12 or more")
    positive("noise", noise)
