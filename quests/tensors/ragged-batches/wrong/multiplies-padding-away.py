"""Multiplies the rows without an entry by zero."""

import torch


def pad(values, offsets, fill=0.0):
    lengths = offsets[1:] - offsets[:-1]
    longest = max(lengths.tolist(), default=0)
    mask = lengths[:, None] > torch.arange(longest, device=values.device)
    padded = values.new_full((len(lengths), longest, *values.shape[1:]), fill)
    padded[mask] = values
    return padded, mask


def pack(padded, mask):
    return padded[mask], torch.nn.functional.pad(mask.sum(1).cumsum(0), (1, 0))


def last_valid(padded, mask):
    if mask.shape[1] == 0:
        return padded.new_zeros(len(padded), *padded.shape[2:])
    last = (mask * torch.arange(mask.shape[1])).amax(1)
    picked = padded[torch.arange(len(padded)), last]
    return picked * mask.any(1).view(-1, *[1] * (picked.dim() - 1))


def reverse_valid(padded, mask):
    places = torch.arange(mask.shape[1], device=mask.device)
    places = torch.where(mask, mask.sum(1)[:, None] - 1 - places, places)
    return padded[torch.arange(len(padded), device=padded.device)[:, None], places]
