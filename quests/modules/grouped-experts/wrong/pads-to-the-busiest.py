"""Every expert is padded to the busiest one, for one batched product."""

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
        n, k = expert_ids.shape
        ids, order = expert_ids.flatten().sort(stable=True)
        counts = ids.bincount(minlength=len(self.gate))
        most = int(counts.max())
        place = torch.arange(n * k, device=x.device) - (counts.cumsum(0) - counts)[ids]  # within the own expert
        rows = x.new_zeros(len(self.gate), most, x.shape[1]).index_put((ids, place), x[order // k])  # (E, most, D)
        y = (self.act(rows @ self.gate.mT) * (rows @ self.up.mT)) @ self.down.mT
        y = y[ids, place] * weights.flatten()[order, None]
        return torch.zeros_like(x, dtype=y.dtype).index_add(0, order // k, y).to(x.dtype)
