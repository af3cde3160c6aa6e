"""Independent idiom: heads stay beside the features, einsum names the axes, an additive mask."""

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d, n_heads, d_memory=None, bias=True, dropout=0.0):
        super().__init__()
        self.heads, remainder = divmod(d, n_heads)
        if remainder:
            raise ValueError(f"{n_heads} heads cannot share {d} features")
        self.heads = n_heads
        source = d_memory or d
        self.v_proj, self.k_proj = (nn.Linear(source, d, bias=bias) for _ in range(2))
        self.out_proj, self.q_proj = (nn.Linear(d, d, bias=bias) for _ in range(2))
        self.drop = nn.Dropout(dropout)

    def forward(self, x, memory=None, key_keep=None, attn_keep=None):
        memory = x if memory is None else memory
        q, k, v = (
            projection(source).reshape(*source.shape[:2], self.heads, -1)
            for projection, source in ((self.q_proj, x), (self.k_proj, memory), (self.v_proj, memory))
        )
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) * q.shape[-1] ** -0.5
        hidden = torch.zeros((), dtype=torch.bool)
        if key_keep is not None:
            hidden = ~key_keep.unsqueeze(1).unsqueeze(1)
        if attn_keep is not None:
            hidden = hidden | ~attn_keep
        scores = torch.where(hidden, torch.finfo(scores.dtype).min, scores)
        shares = torch.exp(scores - scores.amax(-1, keepdim=True).detach()).masked_fill(hidden, 0.0)
        weights = self.drop(shares / shares.sum(-1, keepdim=True).clamp_min(torch.finfo(scores.dtype).tiny))
        return self.out_proj(torch.einsum("bhqk,bkhd->bqhd", weights, v).reshape(x.shape))


def load_torch(m, ref):
    d = ref.embed_dim
    source = ref.state_dict()
    state = {"out_proj.weight": source["out_proj.weight"]}
    for place, letter in enumerate("qkv"):
        rows = slice(place * d, (place + 1) * d)
        packed = source.get("in_proj_weight")
        state[f"{letter}_proj.weight"] = source[f"{letter}_proj_weight"] if packed is None else packed[rows]
        if "in_proj_bias" in source:
            state[f"{letter}_proj.bias"] = source["in_proj_bias"][rows]
            state["out_proj.bias"] = source["out_proj.bias"]
    m.load_state_dict(state)
