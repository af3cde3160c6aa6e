"""Gathers the rows into a table (n, longest segment, ...) before it takes the maximum."""

import torch

HALF = (torch.float16, torch.bfloat16)


def segment_sum(x, ids, n):
    wide = x.float() if x.dtype in HALF else x
    return wide.new_zeros(n, *x.shape[1:]).index_add(0, ids, wide).to(x.dtype)


def segment_mean(x, ids, n):
    wide = x.float() if x.dtype in HALF else x
    counts = torch.bincount(ids, minlength=n).clamp(min=1)
    return (segment_sum(wide, ids, n) / counts.reshape(-1, *[1] * (x.dim() - 1))).to(x.dtype)


def segment_max(x, ids, n):
    counts = torch.bincount(ids, minlength=n)
    longest = max(1, int(counts.max())) if n else 1
    order = ids.argsort(stable=True)
    place = torch.arange(len(ids), device=x.device) - (counts.cumsum(0) - counts)[ids[order]]
    table = x.new_full((n, longest, *x.shape[1:]), float("-inf"))
    return table.index_put((ids[order], place), x[order]).amax(1)


def segment_softmax(x, ids, n):
    wide = x.float() if x.dtype in HALF else x
    top = wide.new_full((n,), float("-inf")).scatter_reduce(0, ids, wide.detach(), "amax")
    shares = torch.exp(wide - top[ids])
    return (shares / segment_sum(shares, ids, n)[ids]).to(x.dtype)
