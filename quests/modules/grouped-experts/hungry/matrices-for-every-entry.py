"""The matrices of each entry, gathered: batched products without any sorting."""

import torch
from torch import nn
from torch.nn import functional as F


class GroupedExperts(nn.Module):
    def __init__(self, experts, dim, hidden, activation="swiglu"):
        super().__init__()
        if activation not in ("swiglu", "geglu"):
            raise ValueError(activation)
        self.act = F.silu if activation == "swiglu" else F.gelu
        self.gate = nn.Parameter(torch.rand(experts, hidden, dim).mul(2).sub(1) * dim**-0.5)
        self.up = nn.Parameter(torch.rand(experts, hidden, dim).mul(2).sub(1) * dim**-0.5)
        self.down = nn.Parameter(torch.rand(experts, dim, hidden).mul(2).sub(1) * hidden**-0.5)

    def forward(self, x, expert_ids, weights):
        rows = x[:, None, :, None]  # (N, 1, D, 1)
        y = self.act(self.gate[expert_ids] @ rows) * (self.up[expert_ids] @ rows)  # (N, k, H, 1)
        y = (self.down[expert_ids] @ y)[..., 0]  # (N, k, D)
        return (y * weights[..., None]).sum(1).to(x.dtype)
