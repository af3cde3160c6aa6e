"""Composes neighbours as if the later step came first."""

import torch


def widened(a, b, h0):
    if b.dtype in (torch.float16, torch.bfloat16):
        return a.float(), b.float(), h0 if h0 is None else h0.float()
    return a, b, h0


def levels(a, b):
    k = 1
    while k < b.shape[1]:
        b = torch.cat([b[:, :k], b[:, :-k] + a[:, :-k] * b[:, k:]], 1)
        a = torch.cat([a[:, :k], a[:, k:] * a[:, :-k]], 1)
        k *= 2
    return a, b


def linear_scan(a, b, h0=None):
    dtype = b.dtype
    a, b, h0 = widened(a, b, h0)
    decay, h = levels(a, b)
    return (h if h0 is None else h + decay * h0[:, None]).to(dtype)


def chunked_scan(a, b, h0=None, chunk=64):
    dtype = b.dtype
    a, b, h0 = widened(a, b, h0)
    h = torch.zeros_like(b[:, :1].sum(1)) if h0 is None else h0
    parts = [b[:, :0]]
    for start in range(0, b.shape[1], chunk):
        decay, inside = levels(a[:, start : start + chunk], b[:, start : start + chunk])
        parts.append(inside + decay * h[:, None])
        h = parts[-1][:, -1]
    return torch.cat(parts, 1).to(dtype)
