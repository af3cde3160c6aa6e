"""The recurrence as it is written: one step after the other."""

import torch


def linear_scan(a, b, h0=None):
    dtype = b.dtype
    if dtype in (torch.float16, torch.bfloat16):
        a, b, h0 = a.float(), b.float(), None if h0 is None else h0.float()
    h = b.new_zeros(b.shape[0], b.shape[2]) if h0 is None else h0
    states = []
    for factor, addend in zip(a.unbind(1), b.unbind(1), strict=True):
        h = factor * h + addend
        states.append(h)
    return (torch.stack(states, 1) if states else b.clone()).to(dtype)


def chunked_scan(a, b, h0=None, chunk=64):
    return linear_scan(a, b, h0)
