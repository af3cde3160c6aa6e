"""Never looks at `scale`."""

import math

import torch


def attention(q, k, v, keep=None, scale=None):
    dtype = q.dtype
    if dtype in (torch.float16, torch.bfloat16):
        q, k, v = q.float(), k.float(), v.float()
    factor = 1.0 / math.sqrt(q.shape[-1])
    scores = (q * factor) @ k.transpose(-2, -1)
    if keep is not None:
        scores = scores.masked_fill(~keep, float("-inf"))
    weights = torch.softmax(scores, -1)
    if keep is not None:
        weights = weights.masked_fill(~keep, 0.0)
    return (weights @ v).to(dtype), weights.to(dtype)
