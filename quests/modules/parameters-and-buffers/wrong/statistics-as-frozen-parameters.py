"""Statistics as parameters that want no gradient."""

import torch
from torch import nn


class FeatureScaler(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.gain, self.shift = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))
        self.mean = nn.Parameter(torch.zeros(dim), requires_grad=False)
        self.std = nn.Parameter(torch.ones(dim), requires_grad=False)
        self.fitted = nn.Buffer(torch.zeros((), dtype=torch.int64))

    def fit(self, x):
        x = x.detach()
        mean = x.mean(0)
        std = (x - mean).square().mean(0).sqrt()
        std[(x == x[0]).all(0)] = 1
        self.mean.copy_(mean)
        self.std.copy_(std)
        self.fitted += 1

    def forward(self, x):
        return torch.addcmul(self.shift, (x - self.mean) / self.std, self.gain)


class PositionTable(nn.Module):
    def __init__(self, max_len, dim):
        super().__init__()
        rows = torch.arange(max_len, dtype=torch.float64).unsqueeze(1)
        columns = torch.arange(dim, dtype=torch.float64)
        angle = rows / 10000 ** ((columns - columns % 2) / dim)
        table = torch.where(columns % 2 == 0, angle.sin(), angle.cos())
        self.table = nn.Buffer(table.to(torch.get_default_dtype()), persistent=False)

    def forward(self, x):
        if x.shape[1] > self.table.shape[0]:
            raise ValueError(f"{x.shape[1]} positions, but the table ends at {self.table.shape[0]}")
        return x + self.table[: x.shape[1]]


def describe(module):
    saved = set(module.state_dict())
    parameters = [(name, value.requires_grad) for name, value in module.named_parameters()]
    buffers = [name for name, _ in module.named_buffers()]
    return {
        "trained": [name for name, wants in parameters if wants],
        "frozen": [name for name, wants in parameters if not wants],
        "saved_buffers": [name for name in buffers if name in saved],
        "temporary_buffers": [name for name in buffers if name not in saved],
    }
