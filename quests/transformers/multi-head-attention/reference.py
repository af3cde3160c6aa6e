"""Multi-head attention, after Vaswani et al., arXiv 1706.03762, section 3.2.2."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class MultiHeadAttention(nn.Module):
    """Self-attention, or cross-attention when a memory is given."""

    def __init__(
        self, d: int, n_heads: int, d_memory: int | None = None, bias: bool = True, dropout: float = 0.0
    ) -> None:
        super().__init__()
        if d % n_heads:
            raise ValueError(f"d = {d} cannot be split evenly over {n_heads} heads")
        d_memory = d if d_memory is None else d_memory
        self.n_heads = n_heads
        self.dropout = dropout
        self.q_proj = nn.Linear(d, d, bias=bias)
        self.k_proj = nn.Linear(d_memory, d, bias=bias)
        self.v_proj = nn.Linear(d_memory, d, bias=bias)
        self.out_proj = nn.Linear(d, d, bias=bias)

    def forward(
        self, x: Tensor, memory: Tensor | None = None, key_keep: Tensor | None = None, attn_keep: Tensor | None = None
    ) -> Tensor:
        """x (B, Tq, d), memory (B, Tk, d_memory) -> (B, Tq, d)."""
        memory = x if memory is None else memory
        q = self.split_heads(self.q_proj(x))  # (B, h, Tq, D)
        k = self.split_heads(self.k_proj(memory))  # (B, h, Tk, D)
        v = self.split_heads(self.v_proj(memory))  # (B, h, Tk, D)
        out = attention(q, k, v, joint_mask(key_keep, attn_keep), self.dropout if self.training else 0.0)
        return self.out_proj(out.transpose(1, 2).flatten(2))  # (B, h, Tq, D) -> (B, Tq, h, D) -> (B, Tq, d)

    def split_heads(self, x: Tensor) -> Tensor:
        """(B, T, h*D) -> (B, h, T, D): the view separates the features, the transpose brings heads beside the batch."""
        return x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


def joint_mask(key_keep: Tensor | None, attn_keep: Tensor | None) -> Tensor | None:
    """One mask that broadcasts to (B, h, Tq, Tk), or None."""
    if key_keep is None:
        return attn_keep
    key_keep = key_keep[:, None, None, :]  # (B, 1, 1, Tk): explicit axes, so that B can never be taken for Tq
    return key_keep if attn_keep is None else key_keep & attn_keep


def attention(q: Tensor, k: Tensor, v: Tensor, keep: Tensor | None, dropout: float) -> Tensor:
    """q (B, h, Tq, D), k and v (B, h, Tk, D) -> (B, h, Tq, D); rows without a kept key give zeros."""
    scores = (q / math.sqrt(q.shape[-1])) @ k.transpose(-2, -1)  # D is the width of one head
    if keep is not None:
        scores = scores.masked_fill(~keep, float("-inf"))
    weights = torch.softmax(scores, -1)
    if keep is not None:
        weights = weights.masked_fill(~keep, 0.0)  # also where a row without a key gave NaN
    return F.dropout(weights, dropout) @ v


@torch.no_grad()
def load_torch(m: MultiHeadAttention, ref: nn.MultiheadAttention) -> None:
    """Copy packed or separate weights of ref into m."""
    weights = (ref.q_proj_weight, ref.k_proj_weight, ref.v_proj_weight)
    if ref.in_proj_weight is not None:
        weights = ref.in_proj_weight.chunk(3)  # packed: the rows of q, k, v in this order
    projections = (m.q_proj, m.k_proj, m.v_proj)
    for projection, weight in zip(projections, weights, strict=True):
        projection.weight.copy_(weight)
    m.out_proj.weight.copy_(ref.out_proj.weight)
    if ref.in_proj_bias is not None:  # packed in both layouts
        for projection, bias in zip(projections, ref.in_proj_bias.chunk(3), strict=True):
            projection.bias.copy_(bias)
        m.out_proj.bias.copy_(ref.out_proj.bias)
