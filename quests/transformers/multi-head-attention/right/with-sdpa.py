"""Independent idiom: PyTorch's fused attention does the middle part; it gives zeros where no key is left."""

import torch
import torch.nn.functional as F
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d, n_heads, d_memory=None, bias=True, dropout=0.0):
        if d % n_heads != 0:
            raise ValueError(f"d={d} is not a multiple of n_heads={n_heads}")
        super().__init__()
        self.h, self.p = n_heads, dropout
        self.q_proj = nn.Linear(d, d, bias)
        self.k_proj = nn.Linear(d_memory or d, d, bias)
        self.v_proj = nn.Linear(d_memory or d, d, bias)
        self.out_proj = nn.Linear(d, d, bias)

    def forward(self, x, memory=None, key_keep=None, attn_keep=None):
        b, t, d = x.shape
        memory = memory if memory is not None else x
        q = self.q_proj(x).view(b, t, self.h, d // self.h).permute(0, 2, 1, 3)
        k = self.k_proj(memory).view(b, -1, self.h, d // self.h).permute(0, 2, 1, 3)
        v = self.v_proj(memory).view(b, -1, self.h, d // self.h).permute(0, 2, 1, 3)
        keep = attn_keep
        if key_keep is not None:
            keys = key_keep.view(b, 1, 1, -1)
            keep = keys if keep is None else torch.logical_and(keys, keep)
        p = self.p if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=keep, dropout_p=p)
        return self.out_proj(mixed.permute(0, 2, 1, 3).reshape(b, t, d))


def load_torch(m, ref):
    with torch.no_grad():
        parts = [ref.q_proj_weight, ref.k_proj_weight, ref.v_proj_weight]
        if parts[0] is None:
            parts = list(ref.in_proj_weight.split(ref.embed_dim))
        targets = [m.q_proj, m.k_proj, m.v_proj, m.out_proj]
        for target, weight in zip(targets, [*parts, ref.out_proj.weight], strict=True):
            target.weight.copy_(weight)
        if ref.in_proj_bias is not None:
            for target, bias in zip(targets, [*ref.in_proj_bias.split(ref.embed_dim), ref.out_proj.bias], strict=True):
                target.bias.copy_(bias)
