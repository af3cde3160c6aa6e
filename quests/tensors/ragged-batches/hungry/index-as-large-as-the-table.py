"""Gathers with an index that was repeated to the size of the table."""

import torch


def pad(values, offsets, fill=0.0):
    lengths = offsets.diff()
    longest = int(lengths.max()) if len(lengths) else 0
    places = torch.arange(longest, device=values.device)
    mask = places < lengths[:, None]
    if len(values) == 0:
        return values.new_full((*mask.shape, *values.shape[1:]), fill), mask
    index = (offsets[:-1, None] + places).clamp(max=len(values) - 1).flatten().long()
    index = index.view(-1, *[1] * (values.dim() - 1)).repeat(1, *values.shape[1:])
    table = values.gather(0, index).view(*mask.shape, *values.shape[1:])
    inside = mask.view(*mask.shape, *[1] * (values.dim() - 1))
    return torch.where(inside, table, torch.full_like(table, fill)), mask


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
