"""Ten ways to move, add, merge and split dimensions; views wherever the memory allows it."""

import torch
from torch import Tensor


def add_batch(x: Tensor) -> Tensor:
    """x (...) -> (1, ...), a view."""
    return x.unsqueeze(0)


def drop_singletons(x: Tensor) -> Tensor:
    """x (B, ...) -> (B, ...) without its other dimensions of size 1."""
    rest = [size for size in x.shape[1:] if size != 1]
    return x.reshape(x.shape[0], *rest)  # squeeze() would take the batch too, where B is 1


def to_channels_first(x: Tensor) -> Tensor:
    """x (B, H, W, C) -> (B, C, H, W), contiguous."""
    return x.permute(0, 3, 1, 2).contiguous()  # permute only relabels the strides; contiguous moves the numbers


def split_heads(x: Tensor, heads: int) -> Tensor:
    """x (B, T, D) -> (B, heads, T, D // heads)."""
    batch, length, width = x.shape
    x = x.reshape(batch, length, heads, width // heads)  # (B, T, heads, d): only the last dimension is cut up
    return x.transpose(1, 2)  # (B, heads, T, d)


def merge_heads(x: Tensor) -> Tensor:
    """x (B, heads, T, d) -> (B, T, heads * d)."""
    batch, heads, length, width = x.shape
    return x.transpose(1, 2).reshape(batch, length, heads * width)  # heads beside d first, then merged


def repeat_each_row(x: Tensor, n: int) -> Tensor:
    """x (R, C) -> (R * n, C): r0, r0, ..., r1, r1, ..."""
    rows, columns = x.shape
    return x.unsqueeze(1).expand(rows, n, columns).reshape(rows * n, columns)


def tile_batch(x: Tensor, n: int) -> Tensor:
    """x (...) -> (n, ...), a view: the new dimension has stride 0."""
    return x.expand(n, *x.shape)


def flatten_from(x: Tensor, dim: int) -> Tensor:
    """x -> x.shape[:dim] and one dimension more, into which dim and all later ones are merged."""
    return x.flatten(dim)


def interleave(a: Tensor, b: Tensor) -> Tensor:
    """a (N,), b (N,) -> (2 * N,): a0, b0, a1, b1, ..."""
    return torch.stack([a, b], dim=1).flatten()  # (N, 2) read row by row


def to_patches(image: Tensor, p: int) -> Tensor:
    """image (C, H, W) -> (H/p * W/p, C * p * p)."""
    channels, height, width = image.shape
    rows, columns = height // p, width // p
    x = image.reshape(channels, rows, p, columns, p)  # row = (patch row, row in patch), and so for columns
    x = x.permute(1, 3, 0, 2, 4)  # (rows, columns, C, p, p): what tells patches apart comes first
    return x.reshape(rows * columns, channels * p * p)
