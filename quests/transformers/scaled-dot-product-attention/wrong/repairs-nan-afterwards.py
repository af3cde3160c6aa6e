"""Repairs the NaN of empty rows after the softmax."""

import math

import torch


def attention(q, k, v, keep=None, scale=None):
    dtype = q.dtype
    if dtype in (torch.float16, torch.bfloat16):
        q, k, v = q.float(), k.float(), v.float()
    factor = 1.0 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = (q * factor) @ k.transpose(-2, -1)
    if keep is not None:
        scores = scores + torch.zeros(keep.shape).masked_fill(~keep, float("-inf"))
    weights = torch.nan_to_num(torch.softmax(scores, -1))
    return (weights @ v).to(dtype), weights.to(dtype)
