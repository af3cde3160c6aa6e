"""For every expert and each of the k slots: which tokens have it there?"""

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
        out = torch.zeros_like(x, dtype=torch.promote_types(x.dtype, weights.dtype))
        matrices = list(zip(self.gate.unbind(), self.up.unbind(), self.down.unbind(), strict=True))
        for expert, (gate, up, down) in enumerate(matrices):
            for slot in range(expert_ids.shape[1]):
                tokens = (expert_ids[:, slot] == expert).nonzero()[:, 0]
                y = F.linear(self.act(F.linear(x[tokens], gate)) * F.linear(x[tokens], up), down)
                out = out.index_add(0, tokens, (y * weights[tokens, slot, None]).to(out.dtype))
        return out.to(x.dtype)
