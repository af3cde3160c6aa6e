"""Sorts once, cuts the rows into segments, and reduces them one after the other."""

import torch

HALF = (torch.float16, torch.bfloat16)


def cut(x, ids, n):
    order = ids.argsort(stable=True)
    return order, x[order].split(torch.bincount(ids, minlength=n).tolist())


def stacked(parts, x):
    return torch.stack(parts).to(x.dtype) if parts else x.new_zeros(0, *x.shape[1:])


def segment_sum(x, ids, n):
    _, parts = cut(x.float() if x.dtype in HALF else x, ids, n)
    return stacked([part.sum(0) for part in parts], x)


def segment_mean(x, ids, n):
    _, parts = cut(x.float() if x.dtype in HALF else x, ids, n)
    return stacked([part.sum(0) / max(len(part), 1) for part in parts], x)


def segment_max(x, ids, n):
    _, parts = cut(x, ids, n)
    lowest = x.new_full(x.shape[1:], float("-inf"))
    return stacked([part.amax(0) if len(part) else lowest for part in parts], x)


def segment_softmax(x, ids, n):
    order, parts = cut(x, ids, n)
    shares = torch.cat([torch.softmax(part, 0) for part in parts]) if parts else x
    return torch.zeros_like(x).index_copy(0, order, shares)
