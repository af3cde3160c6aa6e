"""Independent idiom: masked_scatter_ into a full table, masked_select back, flags for the last entry."""

import torch


def spread(mask, trailing):
    return mask.view(*mask.shape, *[1] * len(trailing)).expand(*mask.shape, *trailing)


def pad(values, offsets, fill=0.0):
    lengths = torch.diff(offsets.long())
    longest = lengths.max().item() if lengths.numel() else 0
    mask = torch.ones(len(lengths), longest, dtype=torch.bool, device=values.device).cumsum(1) <= lengths.unsqueeze(1)
    table = torch.full((*mask.shape, *values.shape[1:]), fill, dtype=values.dtype, device=values.device)
    return table.masked_scatter_(spread(mask, values.shape[1:]), values), mask


def pack(padded, mask):
    values = padded.masked_select(spread(mask, padded.shape[2:])).view(-1, *padded.shape[2:])
    ends = mask.sum(1).cumsum(0)
    return values if padded.shape[2:].numel() else padded[mask], torch.cat([ends.new_zeros(1), ends])


def last_valid(padded, mask):
    kept = padded.masked_fill(~spread(mask, padded.shape[2:]), 0)
    front = torch.cat(
        [torch.zeros_like(kept[:, :1]) if mask.shape[1] else kept.new_zeros(len(kept), 1, *kept.shape[2:]), kept], 1
    )
    last = (mask * torch.arange(1, mask.shape[1] + 1, device=mask.device)).T
    place = last.amax(0) if len(last) else torch.zeros(len(mask), dtype=torch.int64, device=mask.device)
    return front[torch.arange(len(front), device=mask.device), place]


def reverse_valid(padded, mask):
    length = mask.sum(1, keepdim=True)
    places = torch.arange(mask.shape[1], device=mask.device).expand(mask.shape)
    index = torch.where(places < length, length - 1 - places, places)
    return padded.gather(1, index.view(*mask.shape, *[1] * (padded.dim() - 2)).expand(padded.shape))
