"""Independent idiom: scatter_reduce for everything, include_self=False where the start must not count."""

import torch


def scattered(x, ids, n, how, start):
    out = torch.full((n, *x.shape[1:]), start, dtype=x.dtype, device=x.device)
    index = ids[(...,) + (None,) * (x.dim() - 1)].expand(x.shape)
    return out.scatter_reduce(0, index, x, how, include_self=False)


def widened(x):
    return x.to(torch.float32) if x.dtype.itemsize == 2 and x.is_floating_point() else x


def segment_sum(x, ids, n):
    return scattered(widened(x), ids, n, "sum", 0).to(x.dtype)


def segment_mean(x, ids, n):
    return scattered(widened(x), ids, n, "mean", 0).to(x.dtype)


def segment_max(x, ids, n):
    return scattered(x, ids, n, "amax", -torch.inf)


def segment_softmax(x, ids, n):
    wide = widened(x)
    top = segment_max(wide, ids, n).detach()
    powers = torch.exp(wide - top.index_select(0, ids))
    return (powers / segment_sum(powers, ids, n).index_select(0, ids)).to(x.dtype)
