"""Cuts the rows apart with tensor_split."""

import torch


def pad(values, offsets, fill=0.0):
    rows = values.tensor_split(offsets[1:-1]) if len(offsets) > 1 else []
    longest = max((len(row) for row in rows), default=0)
    padded = values.new_full((len(rows), longest, *values.shape[1:]), fill)
    mask = torch.zeros(len(rows), longest, dtype=torch.bool)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
        mask[place, : len(row)] = True
    return padded, mask


def pack(padded, mask):
    return padded[mask], torch.nn.functional.pad(mask.sum(1).cumsum(0), (1, 0))


def last_valid(padded, mask):
    last = mask & (mask.flip(1).cumsum(1).flip(1) == 1)
    out = padded.new_zeros(len(padded), *padded.shape[2:])
    out[mask.any(1)] = padded[last]
    return out


def reverse_valid(padded, mask):
    places = torch.arange(mask.shape[1], device=mask.device)
    places = torch.where(mask, mask.sum(1)[:, None] - 1 - places, places)
    return padded[torch.arange(len(padded), device=padded.device)[:, None], places]
