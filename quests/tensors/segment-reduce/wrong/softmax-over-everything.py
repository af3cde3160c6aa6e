"""Normalises over all entries at once."""

import torch


def column(values, x):
    return values.reshape(-1, *[1] * (x.dim() - 1))


def segment_sum(x, ids, n):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    total = torch.zeros(n, *x.shape[1:], dtype=wide.dtype, device=x.device)
    return total.scatter_add(0, column(ids, x).expand_as(x), wide).to(x.dtype)


def segment_mean(x, ids, n):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    counts = segment_sum(torch.ones_like(ids), ids, n).clamp(min=1)
    return (segment_sum(wide, ids, n) / column(counts, x)).to(x.dtype)


def segment_max(x, ids, n):
    out = torch.full((n, *x.shape[1:]), float("-inf"), dtype=x.dtype, device=x.device)
    return out.scatter_reduce(0, column(ids, x).expand_as(x), x, "amax")


def segment_softmax(x, ids, n):
    return torch.softmax(x, 0)
