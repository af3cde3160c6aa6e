"""Accepts any number of heads and drops the rest of the division."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d, n_heads, d_memory=None, bias=True, dropout=0.0):
        super().__init__()
        self.h, self.p = n_heads, dropout
        self.q_proj, self.out_proj = nn.Linear(d, d, bias), nn.Linear(d, d, bias)
        self.k_proj, self.v_proj = nn.Linear(d_memory or d, d, bias), nn.Linear(d_memory or d, d, bias)

    def heads(self, x):
        return x.reshape(x.shape[0], x.shape[1], self.h, -1).transpose(1, 2)

    def forward(self, x, memory=None, key_keep=None, attn_keep=None):
        memory = x if memory is None else memory
        q, k, v = self.heads(self.q_proj(x)), self.heads(self.k_proj(memory)), self.heads(self.v_proj(memory))
        keep = attn_keep
        if key_keep is not None:
            keep = key_keep[:, None, None] if keep is None else key_keep[:, None, None] & keep
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        if keep is None:
            keep = torch.ones((), dtype=torch.bool)
        scores = scores.masked_fill(~keep, -1e30)
        weights = F.dropout(scores.softmax(-1).masked_fill(~keep, 0.0), self.p, self.training)
        return self.out_proj((weights @ v).transpose(1, 2).reshape(x.shape))


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
