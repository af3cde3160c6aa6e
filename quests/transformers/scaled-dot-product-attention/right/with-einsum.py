"""Independent idiom: einsum, exponentials by hand, an additive mask."""

import math

import torch


def attention(q, k, v, keep=None, scale=None):
    dtype = q.dtype
    if dtype in (torch.float16, torch.bfloat16):
        q, k, v = q.float(), k.float(), v.float()
    factor = 1.0 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = torch.einsum("...id,...jd->...ij", q, k) * factor
    hidden = torch.zeros((), dtype=torch.bool, device=q.device) if keep is None else ~keep
    scores = torch.where(hidden, torch.finfo(scores.dtype).min, scores)
    top = scores.amax(-1, keepdim=True) if scores.shape[-1] else scores.sum(-1, keepdim=True)
    shares = torch.exp(scores - top.detach()).masked_fill(hidden, 0.0)
    total = shares.sum(-1, keepdim=True)
    weights = shares / torch.where(total == 0, torch.ones_like(total), total)
    return torch.einsum("...ij,...jd->...id", weights, v).to(dtype), weights.to(dtype)
