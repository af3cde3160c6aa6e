"""Independent idiom: each row gathers its expert's weights; new tensors in the buffers; gather for the last position."""

import torch
from torch import nn


class Router(nn.Module):
    def __init__(self, dim, experts, limit=10.0):
        super().__init__()
        self.gate = nn.Linear(dim, experts)
        self.experts = nn.ModuleList([nn.Linear(dim, dim) for _ in range(experts)])
        for name, value in (("limit", float(limit)), ("steps", 0), ("usage", [0] * experts)):
            self.register_buffer(name, torch.tensor(value), persistent=False)

    def set_limit(self, limit):
        self.limit = torch.full_like(self.limit, limit)

    def usage_counts(self):
        return [int(each) for each in self.usage]

    def forward(self, x):
        with torch.no_grad():
            length = x.norm(dim=1)
            factor = torch.where(length > self.limit, self.limit / length, torch.ones_like(length))
        x = x * factor.unsqueeze(1)
        shares = torch.softmax(self.gate(x), dim=1)
        chosen = shares.argmax(dim=1)
        if self.training:
            self.steps = self.steps + 1
            self.usage = self.usage.scatter_add(0, chosen, torch.ones_like(chosen))
        weight = torch.stack([expert.weight for expert in self.experts])[chosen]  # (B, D, D)
        bias = torch.stack([expert.bias for expert in self.experts])[chosen]  # (B, D)
        out = torch.baddbmm(bias.unsqueeze(2), weight, x.unsqueeze(2)).squeeze(2)
        out = out * torch.gather(shares, 1, chosen.unsqueeze(1))
        level = out.mean(1)
        safe = torch.where(level > 0, level, torch.ones_like(level))
        return out * safe.pow(0.5).unsqueeze(1)


class Ragged(nn.Module):
    def __init__(self, dim, scale=1.0):
        super().__init__()
        self.out = nn.Linear(dim, dim)
        self.register_buffer("scale", torch.tensor(float(scale)), persistent=False)

    def set_scale(self, scale):
        self.scale = torch.full_like(self.scale, scale)

    def forward(self, x, lengths):
        rows, most, width = x.shape
        index = torch.arange(most, device=x.device).expand(rows, most)
        own = (index < lengths.unsqueeze(1)).unsqueeze(2)
        clean = torch.where(own, x, torch.zeros_like(x))
        weight = (torch.arange(most, device=x.device) + 1).to(x.dtype) / most
        mean = torch.einsum("btd,t->bd", clean, weight) / lengths.clamp(min=1).unsqueeze(1)
        place = (lengths - 1).clamp(min=0).view(-1, 1, 1).expand(-1, 1, width)
        return self.out((mean + clean.gather(1, place).squeeze(1)) * self.scale)
