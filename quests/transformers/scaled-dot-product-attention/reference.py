"""Scaled dot-product attention, after Vaswani et al., arXiv 1706.03762, section 3.2.1."""

import math

import torch
from torch import Tensor


def attention(
    q: Tensor, k: Tensor, v: Tensor, keep: Tensor | None = None, scale: float | None = None
) -> tuple[Tensor, Tensor]:
    """q (..., Tq, D), k (..., Tk, D), v (..., Tk, Dv) -> out (..., Tq, Dv), weights (..., Tq, Tk)."""
    dtype = q.dtype
    if dtype in (torch.float16, torch.bfloat16):
        q, k, v = q.float(), k.float(), v.float()
    factor = 1.0 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = (q * factor) @ k.transpose(-2, -1)  # (..., Tq, Tk); scaling q is cheaper than scaling the scores
    if keep is not None:
        scores = scores.masked_fill(~keep, float("-inf"))
    weights = torch.softmax(scores, -1)  # a row with nobody to look at is 0/0, NaN, until the next line but one
    if keep is not None:
        weights = weights.masked_fill(~keep, 0.0)  # overwrites that NaN; going back, both fills overwrite its gradient
    out = weights @ v  # (..., Tq, Dv)
    return out.to(dtype), weights.to(dtype)
