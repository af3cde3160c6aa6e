"""A module for each expert."""

import torch
from torch import nn
from torch.nn import functional as F


class GroupedExperts(nn.Module):
    def __init__(self, experts, dim, hidden, activation="swiglu"):
        super().__init__()
        if activation not in ("swiglu", "geglu"):
            raise ValueError(activation)
        self.act = F.silu if activation == "swiglu" else F.gelu
        self.gates = nn.ModuleList(nn.Linear(dim, hidden, bias=False) for _ in range(experts))
        self.ups = nn.ModuleList(nn.Linear(dim, hidden, bias=False) for _ in range(experts))
        self.downs = nn.ModuleList(nn.Linear(hidden, dim, bias=False) for _ in range(experts))

    def forward(self, x, expert_ids, weights):
        ids, order = expert_ids.flatten().sort(stable=True)
        tokens = order.div(expert_ids.shape[1], rounding_mode="floor")
        ends = torch.searchsorted(ids, torch.arange(len(self.gates), device=ids.device), right=True).tolist()
        rows, parts, start = x[tokens], [], 0
        for gate, up, down, end in zip(self.gates, self.ups, self.downs, ends, strict=True):
            mine = rows[start:end]
            parts.append(down(self.act(gate(mine)) * up(mine)))
            start = end
        y = torch.cat(parts) * weights.flatten()[order, None]
        return torch.zeros_like(x, dtype=y.dtype).index_add(0, tokens, y).to(x.dtype)
