"""Independent idiom: index_put that accumulates, maxima by sorting, softmax by log-sum-exp."""

import torch

HALF = (torch.float16, torch.bfloat16)


def segment_sum(x, ids, n):
    wide = x.float() if x.dtype in HALF else x
    total = torch.zeros((n, *x.shape[1:]), dtype=wide.dtype, device=x.device)
    return torch.index_put(total, (ids,), wide, accumulate=True).to(x.dtype)


def segment_mean(x, ids, n):
    wide = x.float() if x.dtype in HALF else x
    rows = segment_sum(torch.ones(len(ids), dtype=wide.dtype, device=x.device), ids, n)
    weight = torch.where(rows > 0, 1 / rows, 0.0)[ids]
    return segment_sum((wide.movedim(0, -1) * weight).movedim(-1, 0), ids, n).to(x.dtype)


def segment_max(x, ids, n):
    flat = x.reshape(len(ids), x.shape[1:].numel())
    best = torch.full((n, flat.shape[1]), -torch.inf, dtype=x.dtype, device=x.device)
    best.index_reduce_(0, ids, flat, "amax")
    return best.reshape(n, *x.shape[1:])


def segment_softmax(x, ids, n):
    wide = x.float() if x.dtype in HALF else x
    shifted = wide - segment_max(wide.detach(), ids, n)[ids]
    return torch.exp(shifted - segment_sum(shifted.exp(), ids, n).log()[ids]).to(x.dtype)
