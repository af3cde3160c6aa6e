"""Cuts every row out of the table and joins them."""

import torch


def pad(values, offsets, fill=0.0):
    lengths = offsets[1:] - offsets[:-1]
    longest = max(lengths.tolist(), default=0)
    mask = lengths[:, None] > torch.arange(longest, device=values.device)
    padded = values.new_full((len(lengths), longest, *values.shape[1:]), fill)
    padded[mask] = values
    return padded, mask


def pack(padded, mask):
    lengths = mask.sum(1).tolist()
    rows = [row[keep] for row, keep in zip(padded, mask, strict=True)]
    offsets = [0]
    for length in lengths:
        offsets.append(offsets[-1] + length)
    empty = padded.new_empty(0, *padded.shape[2:])
    return torch.cat([empty, *rows]), torch.tensor(offsets, device=padded.device)


def last_valid(padded, mask):
    last = mask & (mask.flip(1).cumsum(1).flip(1) == 1)
    out = padded.new_zeros(len(padded), *padded.shape[2:])
    out[mask.any(1)] = padded[last]
    return out


def reverse_valid(padded, mask):
    places = torch.arange(mask.shape[1], device=mask.device)
    places = torch.where(mask, mask.sum(1)[:, None] - 1 - places, places)
    return padded[torch.arange(len(padded), device=padded.device)[:, None], places]
