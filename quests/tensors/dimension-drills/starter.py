"""Ten drills: dimensions. Each function is judged on its own; no loops, fill them in any order."""

import torch


def add_batch(x: torch.Tensor) -> torch.Tensor:
    """x (...) -> (1, ...): a view of x."""
    raise NotImplementedError("add_batch")


def drop_singletons(x: torch.Tensor) -> torch.Tensor:
    """x (B, ...) -> every dimension of size 1 removed, except dim 0, which always stays."""
    raise NotImplementedError("drop_singletons")


def to_channels_first(x: torch.Tensor) -> torch.Tensor:
    """x (B, H, W, C) -> (B, C, H, W), contiguous."""
    raise NotImplementedError("to_channels_first")


def split_heads(x: torch.Tensor, heads: int) -> torch.Tensor:
    """x (B, T, D) -> (B, heads, T, D // heads): head h holds entries h*d .. (h+1)*d of every D."""
    raise NotImplementedError("split_heads")


def merge_heads(x: torch.Tensor) -> torch.Tensor:
    """x (B, heads, T, d) -> (B, T, heads * d): undoes split_heads."""
    raise NotImplementedError("merge_heads")


def repeat_each_row(x: torch.Tensor, n: int) -> torch.Tensor:
    """x (R, C) -> (R * n, C): r0, r0, ..., r1, r1, ..., each row n times; n >= 0."""
    raise NotImplementedError("repeat_each_row")


def tile_batch(x: torch.Tensor, n: int) -> torch.Tensor:
    """x (...) -> (n, ...): n times x in x's own memory, nothing copied."""
    raise NotImplementedError("tile_batch")


def flatten_from(x: torch.Tensor, dim: int) -> torch.Tensor:
    """x (...) of rank >= 1 -> dim and all later dimensions merged into one; dim may be negative."""
    raise NotImplementedError("flatten_from")


def interleave(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """a (N,), b (N,) -> (2 * N,): a0, b0, a1, b1, ..."""
    raise NotImplementedError("interleave")


def to_patches(image: torch.Tensor, p: int) -> torch.Tensor:
    """image (C, H, W) of any dtype, p divides H and W -> (H/p * W/p, C*p*p): patches row by row, each in (C, p, p) order."""
    raise NotImplementedError("to_patches")
