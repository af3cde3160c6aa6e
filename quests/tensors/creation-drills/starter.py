"""Ten drills: creating tensors. Each function is judged on its own; fill them in any order."""

import torch
from torch import Tensor


def filled(shape: tuple[int, ...], value: float, dtype: torch.dtype) -> Tensor:
    """A tensor of `shape` and exactly `dtype` in which every element equals `value`."""
    raise NotImplementedError("filled")


def count_up(n: int) -> Tensor:
    """(n,) int64: 0, 1, ..., n - 1. n may be 0."""
    raise NotImplementedError("count_up")


def evenly_spaced(a: float, b: float, n: int) -> Tensor:
    """(n,) float32: n points from a to b, both ends included and exact. n >= 1; one point is [a]."""
    raise NotImplementedError("evenly_spaced")


def identity_for(x: Tensor) -> Tensor:
    """x (..., N, N) -> the identity (N, N), in x's dtype and on x's device."""
    raise NotImplementedError("identity_for")


def from_rows(rows: list[list[float]]) -> Tensor:
    """(len(rows), C) float32, also when every entry is a Python int. At least one row, all of one length."""
    raise NotImplementedError("from_rows")


def blank_like(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Zeros in x's shape, on x's device, of the given dtype; never requires grad."""
    raise NotImplementedError("blank_like")


def one_hot(labels: Tensor, num_classes: int) -> Tensor:
    """labels (...) int64 in [0, num_classes) -> (..., num_classes) int64: 1 at the label, else 0.

    It lies on the labels' device.
    """
    raise NotImplementedError("one_hot")


def seeded_normal(shape: tuple[int, ...], seed: int) -> Tensor:
    """float32 standard normal draws that depend on shape and seed alone.

    torch's global generator is left as it was.
    """
    raise NotImplementedError("seeded_normal")


def causal_mask(n: int) -> Tensor:
    """(n, n) bool: True where column <= row."""
    raise NotImplementedError("causal_mask")


def cell_coordinates(h: int, w: int) -> Tensor:
    """(h * w, 2) int64: (row, column) of every cell of an h x w grid, in row-major order. h or w may be 0."""
    raise NotImplementedError("cell_coordinates")
