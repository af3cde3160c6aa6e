"""Loops over heads, so the number of ops grows with them."""

import math

import torch


def attention(q, k, v, keep=None, scale=None):
    if q.dim() > 2:
        lead = torch.broadcast_shapes(q.shape[:-2], k.shape[:-2])
        kept = None if keep is None else keep.expand(*lead, q.shape[-2], k.shape[-2])
        parts = [attention(q[i], k[i], v[i], None if kept is None else kept[i], scale) for i in range(lead[0])]
        if parts:
            return torch.stack([part[0] for part in parts]), torch.stack([part[1] for part in parts])
    dtype = q.dtype
    if dtype in (torch.float16, torch.bfloat16):
        q, k, v = q.float(), k.float(), v.float()
    factor = 1.0 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = (q * factor) @ k.transpose(-2, -1)
    if keep is not None:
        scores = scores.masked_fill(~keep, float("-inf"))
        scores = scores.masked_fill(~keep.any(-1, keepdim=True), 0.0)
    weights = torch.softmax(scores, -1)
    if keep is not None:
        weights = weights.masked_fill(~keep, 0.0)
    return (weights @ v).to(dtype), weights.to(dtype)
