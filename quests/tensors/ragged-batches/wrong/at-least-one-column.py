"""Makes room for one entry in every row."""

import torch


def pad(values, offsets, fill=0.0):
    lengths = offsets[1:] - offsets[:-1]
    longest = max([1, *lengths.tolist()])
    mask = lengths[:, None] > torch.arange(longest, device=values.device)
    padded = values.new_full((len(lengths), longest, *values.shape[1:]), fill)
    padded[mask] = values
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
