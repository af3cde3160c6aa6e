"""Divides by the padded length."""

import torch
from torch import nn


class Router(nn.Module):
    def __init__(self, dim, experts, limit=10.0):
        super().__init__()
        self.gate = nn.Linear(dim, experts)
        self.experts = nn.ModuleList(nn.Linear(dim, dim) for _ in range(experts))
        self.register_buffer("limit", torch.tensor(limit), persistent=False)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64), persistent=False)
        self.register_buffer("usage", torch.zeros(experts, dtype=torch.int64), persistent=False)

    def set_limit(self, limit):
        self.limit.fill_(limit)

    def usage_counts(self):
        return self.usage.tolist()

    def forward(self, x):
        length = x.detach().square().sum(-1, keepdim=True).sqrt()
        x = torch.where(length > self.limit, x * (self.limit / length.clamp(min=1e-30)), x)
        shares = self.gate(x).softmax(-1)
        share, chosen = shares.max(-1, keepdim=True)
        if self.training:
            self.steps.add_(1)
            self.usage.add_(nn.functional.one_hot(chosen.squeeze(1), len(self.experts)).sum(0))
        out = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            out = torch.where(chosen == number, expert(x), out)
        out = out * share
        level = out.mean(-1, keepdim=True)
        root = level.masked_fill(level <= 0, 1.0).sqrt()
        return out * root


class Ragged(nn.Module):
    def __init__(self, dim, scale=1.0):
        super().__init__()
        self.out = nn.Linear(dim, dim)
        self.register_buffer("scale", torch.tensor(scale), persistent=False)

    def set_scale(self, scale):
        self.scale.fill_(scale)

    def forward(self, x, lengths):
        place = torch.arange(x.shape[1], device=x.device)
        x = x.masked_fill((place >= lengths[:, None])[:, :, None], 0.0)
        ramp = (place + 1)[:, None] / x.shape[1]
        mean = (x * ramp).sum(1) / x.shape[1]
        last = x * (place == lengths[:, None] - 1)[:, :, None]
        return self.out((mean + last.sum(1)) * self.scale)
