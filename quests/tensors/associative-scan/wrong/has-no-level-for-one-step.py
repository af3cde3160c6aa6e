"""Halves the sequence until one step is left, which T = 0 never reaches."""

import torch


def widened(a, b, h0):
    if b.dtype in (torch.float16, torch.bfloat16):
        return a.float(), b.float(), h0 if h0 is None else h0.float()
    return a, b, h0


def levels(a, b):
    steps = b.shape[1]
    if steps == 1:
        return a, b
    half = steps // 2
    left_a, left_b = levels(a[:, :half], b[:, :half])
    right_a, right_b = levels(a[:, half:], b[:, half:])
    last_a, last_b = left_a[:, -1:], left_b[:, -1:]
    return torch.cat([left_a, right_a * last_a], 1), torch.cat([left_b, right_b + right_a * last_b], 1)


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
