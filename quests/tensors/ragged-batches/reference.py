"""Rows of different length, packed one after the other or padded to the longest, and the way between the two."""

import torch
from torch import Tensor


def pad(values: Tensor, offsets: Tensor, fill: float = 0.0) -> tuple[Tensor, Tensor]:
    """values (total, ...), offsets (B + 1,) -> padded (B, Tmax, ...), mask (B, Tmax) bool, True at real positions."""
    lengths = offsets.diff()  # (B,)
    longest = int(lengths.max()) if len(lengths) else 0
    mask = torch.arange(longest, device=values.device) < lengths[:, None]  # (Tmax,) against (B, 1)
    padded = values.new_full((*mask.shape, *values.shape[1:]), fill)
    padded[mask] = values  # True places in row-major order are the packed order
    return padded, mask


def pack(padded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """padded (B, T, ...), mask (B, T) bool -> values (total, ...), offsets (B + 1,) int64 that begin with 0."""
    offsets = torch.zeros(len(mask) + 1, dtype=torch.int64, device=mask.device)
    offsets[1:] = mask.sum(1).cumsum(0)
    return padded[mask], offsets


def last_valid(padded: Tensor, mask: Tensor) -> Tensor:
    """padded (B, T, ...), any mask (B, T) -> (B, ...): the entry at each row's last True, zeros where there is none."""
    if mask.shape[1] == 0:
        return padded.new_zeros(len(padded), *padded.shape[2:])
    places = torch.arange(mask.shape[1], device=mask.device)
    last = torch.where(mask, places, 0).amax(1)  # (B,); 0 for an empty row, whose entry is then not taken
    picked = padded[torch.arange(len(padded), device=padded.device), last]  # (B, ...)
    return picked.masked_fill(~_as_column(mask.any(1), picked), 0)


def reverse_valid(padded: Tensor, mask: Tensor) -> Tensor:
    """padded (B, T, ...), mask (B, T) with each row's True first -> the same, the True part of each row backwards."""
    rows = torch.arange(len(padded), device=padded.device)[:, None]  # (B, 1)
    places = torch.arange(mask.shape[1], device=mask.device)  # (T,)
    mirrored = mask.sum(1, keepdim=True) - 1 - places  # (B, T): length - 1, length - 2, ...
    return padded[rows, torch.where(mask, mirrored, places)]


def _as_column(keep: Tensor, x: Tensor) -> Tensor:
    """(B,) -> (B, 1, ..., 1) with as many dimensions as x."""
    return keep.view(-1, *[1] * (x.dim() - 1))
