"""Never lets the softmax see a row of -inf only: an empty row gets a finite score before and a weight of 0 after."""

import math

import torch


def attention(q, k, v, keep=None, scale=None):
    dtype = q.dtype
    if dtype in (torch.float16, torch.bfloat16):
        q, k, v = q.float(), k.float(), v.float()
    factor = 1.0 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = (q * factor) @ k.transpose(-2, -1)
    if keep is not None:
        empty = ~keep.any(-1, keepdim=True)
        scores = torch.where(keep | empty, scores, float("-inf"))
    weights = scores.softmax(-1)
    if keep is not None:
        weights = torch.where(empty, 0.0, weights)
    return (weights @ v).to(dtype), weights.to(dtype)
