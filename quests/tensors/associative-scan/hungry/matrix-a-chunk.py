"""Writes out, for every chunk, the matrix of all products of consecutive factors."""

import torch


def widened(a, b, h0):
    if b.dtype in (torch.float16, torch.bfloat16):
        return a.float(), b.float(), h0 if h0 is None else h0.float()
    return a, b, h0


def levels(a, b):
    k = 1
    while k < b.shape[1]:
        b = torch.cat([b[:, :k], b[:, k:] + a[:, k:] * b[:, :-k]], 1)
        a = torch.cat([a[:, :k], a[:, k:] * a[:, :-k]], 1)
        k *= 2
    return a, b


def linear_scan(a, b, h0=None):
    dtype = b.dtype
    a, b, h0 = widened(a, b, h0)
    decay, h = levels(a, b)
    return (h if h0 is None else h + decay * h0[:, None]).to(dtype)


def chunked_scan(a, b, h0=None, chunk=64):
    dtype, steps = b.dtype, b.shape[1]
    a, b, h0 = widened(a, b, h0)
    chunk = max(1, min(chunk, steps))
    missing = -steps % chunk
    a = torch.cat([a, torch.ones_like(b[:, :1]).expand(-1, missing, -1)], 1) if missing else a
    b = torch.cat([b, torch.zeros_like(b[:, :1]).expand(-1, missing, -1)], 1) if missing else b
    a, b = a.unflatten(1, (-1, chunk)), b.unflatten(1, (-1, chunk))  # (B, N, C, D)
    at = torch.arange(chunk, device=a.device)
    later, same = (at[:, None] > at)[..., None], (at[:, None] == at)[..., None]
    products = torch.where(later, a[:, :, :, None], 1.0).cumprod(2)  # (B, N, C, C, D)
    products = products * (later | same)
    inside = (products * b[:, :, None]).sum(3)
    decay = a.cumprod(2)
    ends = linear_scan(decay[:, :, -1], inside[:, :, -1], h0)
    first = torch.zeros_like(ends[:, :1]) if h0 is None else h0[:, None]
    h = inside + decay * torch.cat([first, ends[:, :-1]], 1)[:, : ends.shape[1], None]
    return h.flatten(1, 2)[:, :steps].to(dtype)
