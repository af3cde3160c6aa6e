"""Tiled attention with running softmax statistics, after FlashAttention (arXiv 2205.14135), algorithm 1 without a backward pass.

The loop order (queries outside, keys inside, one division at the end) is that of FlashAttention-2 (arXiv 2307.08691).
"""

import math

import torch
from torch import Tensor


def flash_forward(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    causal: bool = False,
    scale: float | None = None,
    block_q: int = 64,
    block_k: int = 64,
) -> tuple[Tensor, Tensor]:
    """q (B, H, T, D), k and v (B, Hk, S, D) -> out (B, H, T, D), log-sum-exp (B, H, T)."""
    length, keys, heads = q.shape[2], k.shape[2], k.shape[1]
    scale = 1.0 / math.sqrt(q.shape[-1]) if scale is None else scale
    out = torch.empty_like(q)
    lse = torch.empty(q.shape[:3], dtype=wide(q.dtype), device=q.device)
    for start in range(0, length, block_q):
        rows = slice(start, min(start + block_q, length))
        tile = q[:, :, rows].to(wide(q.dtype)) * scale
        tile = tile.unflatten(1, (heads, -1))  # (B, Hk, G, bq, D): the G query heads of a key head side by side
        first = start + keys - length if causal else keys  # the last key that the tile's first query sees
        mixed, total = attend(tile, k, v, first, block_k)
        out[:, :, rows] = mixed.flatten(1, 2)
        lse[:, :, rows] = total.flatten(1, 2)
    return out, lse


def attend(q: Tensor, k: Tensor, v: Tensor, first: int, block_k: int) -> tuple[Tensor, Tensor]:
    """One tile of scaled queries (B, Hk, G, bq, D) against all keys that any of them sees.

    Query r of the tile sees the keys 0 .. first + r. Keys beyond the last query's reach are not even read.
    """
    rows = q.shape[:-1]  # (B, Hk, G, bq)
    top = q.new_full(rows, float("-inf"))  # largest score so far
    total = q.new_zeros(rows)  # sum of exp(score - top)
    mixed = torch.zeros_like(q)  # sum of exp(score - top) * value
    reach = min(k.shape[2], first + q.shape[-2])
    for start in range(0, reach, block_k):
        stop = min(start + block_k, reach)
        k_tile = k[:, :, None, start:stop].to(q.dtype)  # (B, Hk, 1, bk, D)
        v_tile = v[:, :, None, start:stop].to(q.dtype)
        scores = q @ k_tile.transpose(-2, -1)  # (B, Hk, G, bq, bk)
        if stop - 1 > first:  # this tile crosses the diagonal
            row = torch.arange(q.shape[-2], device=q.device)[:, None]
            column = torch.arange(start, stop, device=q.device)
            scores.masked_fill_(column > first + row, float("-inf"))
        higher = torch.maximum(top, scores.amax(-1))
        base = higher.masked_fill(higher == float("-inf"), 0.0)  # a row without a key yet: exp(-inf - 0) = 0, not NaN
        shrink = torch.exp(top - base)
        shares = scores.sub_(base[..., None]).exp_()
        total = total * shrink + shares.sum(-1)
        mixed = mixed * shrink[..., None] + shares @ v_tile
        top = higher
    mixed = mixed / total.clamp(min=1.0)[..., None]  # the largest score alone adds exp(0) = 1; 0 where nothing was seen
    return mixed, top + total.log()  # -inf + -inf where nothing was seen


def wide(dtype: torch.dtype) -> torch.dtype:
    """The dtype to accumulate in."""
    return torch.float32 if dtype in (torch.float16, torch.bfloat16) else dtype
