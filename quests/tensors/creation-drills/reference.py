"""Ten ways to make a tensor, each by the call that says what is meant."""

import torch
from torch import Tensor


def filled(shape: tuple[int, ...], value: float, dtype: torch.dtype) -> Tensor:
    """A tensor of `shape` in which every element is `value`."""
    return torch.full(shape, value, dtype=dtype)  # the dtype goes in at creation: no detour through float32


def count_up(n: int) -> Tensor:
    """(n,) int64: 0, 1, ..., n - 1."""
    return torch.arange(n)


def evenly_spaced(a: float, b: float, n: int) -> Tensor:
    """(n,) float32 from a to b, both included."""
    return torch.linspace(a, b, n, dtype=torch.float32)  # counts points, so no step can round the last one away


def identity_for(x: Tensor) -> Tensor:
    """x (..., N, N) -> identity (N, N) in x's dtype, on x's device."""
    return torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)


def from_rows(rows: list[list[float]]) -> Tensor:
    """(len(rows), C) float32."""
    return torch.tensor(rows, dtype=torch.float32)


def blank_like(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Zeros in x's shape, on x's device, of the given dtype."""
    return torch.zeros_like(x, dtype=dtype)


def one_hot(labels: Tensor, num_classes: int) -> Tensor:
    """labels (...) -> (..., num_classes) int64."""
    classes = torch.arange(num_classes, device=labels.device)  # (K,)
    return (labels.unsqueeze(-1) == classes).long()  # (..., 1) == (K,) -> (..., K)


def seeded_normal(shape: tuple[int, ...], seed: int) -> Tensor:
    """float32 standard normal draws from a generator of their own."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float32)


def causal_mask(n: int) -> Tensor:
    """(n, n) bool, True where column <= row."""
    return torch.ones(n, n, dtype=torch.bool).tril()


def cell_coordinates(h: int, w: int) -> Tensor:
    """(h * w, 2) int64: (row, column) of every cell, row by row."""
    rows = torch.arange(h).repeat_interleave(w)  # (h * w,): 0 0 0 1 1 1
    columns = torch.arange(w).repeat(h)  # (h * w,): 0 1 2 0 1 2
    return torch.stack([rows, columns], dim=1)
