"""Loops over heads: right, but the number of ops grows with them."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d, n_heads, d_memory=None, bias=True, dropout=0.0):
        super().__init__()
        if d % n_heads:
            raise ValueError(f"{d} features, {n_heads} heads")
        self.h, self.p = n_heads, dropout
        self.q_proj, self.out_proj = nn.Linear(d, d, bias), nn.Linear(d, d, bias)
        self.k_proj, self.v_proj = nn.Linear(d_memory or d, d, bias), nn.Linear(d_memory or d, d, bias)

    def forward(self, x, memory=None, key_keep=None, attn_keep=None):
        memory = x if memory is None else memory
        keep = torch.ones(1, 1, 1, 1, dtype=torch.bool) if attn_keep is None else attn_keep
        if key_keep is not None:
            keep = key_keep[:, None, None] & keep
        keep = keep.expand(x.shape[0], self.h, x.shape[1], memory.shape[1])
        parts = [part.chunk(self.h, -1) for part in (self.q_proj(x), self.k_proj(memory), self.v_proj(memory))]
        mixed = []
        for head, (q, k, v) in enumerate(zip(*parts, strict=True)):
            scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(~keep[:, head], -1e30)
            weights = scores.softmax(-1).masked_fill(~keep[:, head], 0.0)
            mixed.append(F.dropout(weights, self.p, self.training) @ v)
        return self.out_proj(torch.cat(mixed, -1))


def load_torch(m, ref):
    state = ref.state_dict()
    for i, name in enumerate(("q_proj", "k_proj", "v_proj")):
        rows = slice(i * ref.embed_dim, (i + 1) * ref.embed_dim)
        target = getattr(m, name)
        target.weight.data.copy_(
            state["in_proj_weight"][rows] if "in_proj_weight" in state else state[name + "_weight"]
        )
        if target.bias is not None:
            target.bias.data.copy_(state["in_proj_bias"][rows])
    m.out_proj.load_state_dict(ref.out_proj.state_dict())
