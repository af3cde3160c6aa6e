"""One assignment for each row."""

import itertools

import torch


def pad(values, offsets, fill=0.0):
    ends = offsets.tolist()
    longest = max((end - start for start, end in itertools.pairwise(ends)), default=0)
    padded = values.new_full((len(ends) - 1, longest, *values.shape[1:]), fill)
    mask = torch.zeros(len(ends) - 1, longest, dtype=torch.bool, device=values.device)
    for row, (start, end) in enumerate(itertools.pairwise(ends)):
        padded[row, : end - start] = values[start:end]
        mask[row, : end - start] = True
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
