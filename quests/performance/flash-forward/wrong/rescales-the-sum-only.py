"""Forgets to rescale the output."""

import torch


def flash_forward(q, k, v, causal=False, scale=None, block_q=64, block_k=64):
    wide = torch.float64 if q.dtype is torch.float64 else torch.float32
    groups = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    length, keys = q.shape[2], k.shape[2]
    out, lse = torch.zeros_like(q), torch.zeros(q.shape[:3], dtype=wide)
    for i in range(0, length, block_q):
        tile = q[:, :, i : i + block_q].to(wide) * scale
        rows = torch.arange(i, i + tile.shape[2])[:, None] + keys - length
        top = torch.full((*tile.shape[:3], 1), -1e30, dtype=wide)
        total, mixed = torch.zeros_like(top), torch.zeros_like(tile)
        for j in range(0, keys, block_k):
            if causal and j > rows[-1]:
                break
            scores = tile @ k[:, :, j : j + block_k].to(wide).mT
            if causal:
                scores = scores.masked_fill(torch.arange(j, j + scores.shape[-1]) > rows, -torch.inf)
            higher = torch.maximum(top, scores.amax(-1, keepdim=True))
            shares = torch.exp(scores - higher)
            shrink = torch.exp(top - higher)
            total = total * shrink + shares.sum(-1, keepdim=True)
            mixed = mixed + shares @ v[:, :, j : j + block_k].to(wide)
            top = higher
        out[:, :, i : i + block_q] = (mixed / total.masked_fill(total == 0, 1.0)).to(q.dtype)
        lse[:, :, i : i + block_q] = (top + total.log())[..., 0]
    return out, lse
