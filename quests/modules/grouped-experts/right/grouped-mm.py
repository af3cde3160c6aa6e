"""torch's own grouped product where it takes the dtype, and a sum over the k of each token."""

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
        ids = expert_ids.reshape(-1)
        order = torch.argsort(ids)
        places = torch.zeros_like(order).scatter(0, order, torch.arange(len(order), device=order.device))
        counts = F.one_hot(ids, len(self.gate)).sum(0)
        rows = x.repeat_interleave(k, 0)[order]
        y = product(self.act(product(rows, self.gate, counts)) * product(rows, self.up, counts), self.down, counts)
        y = y.index_select(0, places).view(n, k, -1 if n else x.shape[1])
        return torch.einsum("nkd,nk->nd", y.to(weights.dtype), weights).to(x.dtype)


def product(rows, stack, counts):
    widths = [size * rows.element_size() for size in stack.shape[1:]]
    if rows.dtype == torch.float64 or len(rows) == 0 or any(width % 16 for width in widths):  # what it refuses
        return torch.cat([part @ one.mT for part, one in zip(rows.split(counts.tolist()), stack.unbind(), strict=True)])
    return F.grouped_mm(rows, stack.mT, offs=counts.cumsum(0).int())
