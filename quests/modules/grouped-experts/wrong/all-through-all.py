"""Every token goes through every expert; a mask picks."""

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
        y = self.act(torch.einsum("nd,ehd->enh", x, self.gate)) * torch.einsum("nd,ehd->enh", x, self.up)
        y = torch.einsum("enh,edh->end", y, self.down)  # (E, N, D)
        share = weights.new_zeros(len(x), len(self.gate)).scatter_add(1, expert_ids, weights)  # (N, E)
        return torch.einsum("end,ne->nd", y.to(share.dtype), share).to(x.dtype)
