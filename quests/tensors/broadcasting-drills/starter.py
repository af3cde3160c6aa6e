"""Ten drills: broadcasting. Each function is judged on its own; no loops, fill them in any order."""

import torch


def add_row_vector(x: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """x (R, C), b (C,) -> (R, C): b added to every row."""
    raise NotImplementedError("add_row_vector")


def add_column_vector(x: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    """x (R, C), c (R,) -> (R, C): c added to every column."""
    raise NotImplementedError("add_column_vector")


def outer(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """a (N,), b (M,) -> (N, M): entry [i, j] is a[i] * b[j]."""
    raise NotImplementedError("outer")


def pairwise_difference(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """a (N, D), b (M, D) -> (N, M, D): entry [i, j] is a[i] - b[j]."""
    raise NotImplementedError("pairwise_difference")


def scale_channels(x: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
    """x (B, C, H, W), s (C,) -> (B, C, H, W): channel c multiplied by s[c]."""
    raise NotImplementedError("scale_channels")


def normalise_rows(x: torch.Tensor) -> torch.Tensor:
    """x (..., C), non-negative floats -> (..., C): each row divided by its sum; rows of zeros stay zero."""
    raise NotImplementedError("normalise_rows")


def padding_mask(lengths: torch.Tensor, t: int) -> torch.Tensor:
    """lengths (B,) integers in 0 .. t -> (B, t) bool: True at the first lengths[b] positions of row b."""
    raise NotImplementedError("padding_mask")


def relative_positions(t: int) -> torch.Tensor:
    """(t, t) int64: entry [i, j] is j - i."""
    raise NotImplementedError("relative_positions")


def batch_affine(x: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """x (B, N, D), a (B, D, E), b (B, E) -> (B, N, E): every x[b, n] times its own a[b], plus its own b[b]."""
    raise NotImplementedError("batch_affine")


def masked_mean(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """x (B, T, D), mask (B, T) bool -> (B, D): mean over the True positions; zeros where there is none."""
    raise NotImplementedError("masked_mean")
