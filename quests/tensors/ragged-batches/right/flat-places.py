"""Independent idiom: rows written to places of the flat table."""

import torch


def pad(values, offsets, fill=0.0):
    starts, lengths = offsets[:-1].long(), offsets.long().diff()
    longest = int(lengths.max()) if len(lengths) else 0
    rows = torch.repeat_interleave(torch.arange(len(lengths), device=values.device), lengths, output_size=len(values))
    places = rows * longest + torch.arange(len(values), device=values.device) - starts[rows]
    flat = values.new_full((len(lengths) * longest, *values.shape[1:]), fill)
    mask = torch.zeros(len(flat), dtype=torch.bool, device=values.device).index_fill_(0, places, True)
    flat.index_copy_(0, places, values)
    return flat.view(len(lengths), longest, *values.shape[1:]), mask.view(len(lengths), longest)


def pack(padded, mask):
    rows, columns = mask.nonzero(as_tuple=True)
    return padded[rows, columns], torch.searchsorted(rows, torch.arange(len(mask) + 1, device=mask.device))


def last_valid(padded, mask):
    last = mask & (mask.flip(1).cumsum(1).flip(1) == 1)
    out = padded.new_zeros(len(padded), *padded.shape[2:])
    out[mask.any(1)] = padded[last]
    return out


def reverse_valid(padded, mask):
    places = torch.arange(mask.shape[1], device=mask.device)
    places = torch.where(mask, mask.sum(1)[:, None] - 1 - places, places)
    return padded[torch.arange(len(padded), device=padded.device)[:, None], places]
