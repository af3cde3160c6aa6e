"""Keeps every stage of the score matrix alive."""

import math

import torch


def attention(q, k, v, keep=None, scale=None):
    dtype = q.dtype
    if dtype in (torch.float16, torch.bfloat16):
        q, k, v = q.float(), k.float(), v.float()
    factor = 1.0 / math.sqrt(q.shape[-1]) if scale is None else scale
    stages = [q @ k.transpose(-2, -1)]
    stages.append(stages[-1] * factor)
    if keep is not None:
        stages.append(stages[-1].masked_fill(~keep, float("-inf")))
        stages.append(stages[-1].masked_fill(~keep.any(-1, keepdim=True), 0.0))
    stages.append(torch.softmax(stages[-1], -1))
    if keep is not None:
        stages.append(stages[-1].masked_fill(~keep, 0.0))
    weights = stages[-1]
    return (weights @ v).to(dtype), weights.to(dtype)
