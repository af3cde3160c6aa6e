"""One slope."""

import torch
from torch import nn
from torch.nn import functional as F


class PReLUChannels(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1) / 4)

    def forward(self, x):
        slopes = self.weight.view(1, -1, *(1 for _ in x.shape[2:]))
        return x.clamp(min=0) + slopes * x.clamp(max=0)


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduction=16):
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.squeeze = nn.Linear(channels, hidden)
        self.excite = nn.Linear(hidden, channels)

    def forward(self, x):
        beyond = tuple(range(2, x.dim()))
        gate = self.excite(self.squeeze(x.mean(dim=beyond)).clamp(min=0)).sigmoid()
        for _ in beyond:
            gate = gate.unsqueeze(-1)
        return gate * x


class LearnedAverage(nn.Module):
    def __init__(self, k):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(k))

    def forward(self, inputs):
        shares = torch.softmax(self.weight, dim=0)
        if len(inputs) != len(shares):
            raise ValueError(f"expected {len(shares)} inputs, got {len(inputs)}")
        return sum(share * x for share, x in zip(shares, inputs, strict=True))


class NoisyLinear(nn.Module):
    def __init__(self, in_features, out_features, sigma=0.5):
        super().__init__()
        bound = in_features**-0.5
        self.weight_mu = nn.Parameter((torch.rand(out_features, in_features) * 2 - 1) * bound)
        self.bias_mu = nn.Parameter((torch.rand(out_features) * 2 - 1) * bound)
        self.weight_sigma = nn.Parameter(torch.full_like(self.weight_mu, sigma * bound))
        self.bias_sigma = nn.Parameter(torch.full_like(self.bias_mu, sigma * bound))

    def forward(self, x):
        if not self.training:
            return F.linear(x, self.weight_mu, self.bias_mu)
        into, out = self.noise(self.weight_mu.shape[1]), self.noise(self.weight_mu.shape[0])
        weight = self.weight_mu + self.weight_sigma * (out[:, None] * into)
        return F.linear(x, weight, self.bias_mu + self.bias_sigma * out)

    def noise(self, size):
        e = torch.randn(size).to(self.weight_mu)
        return torch.sign(e) * torch.sqrt(torch.abs(e))


class MultiInputMLP(nn.Module):
    def __init__(self, sizes, hidden, out):
        super().__init__()
        self.encoders = nn.ModuleDict()
        for name in sorted(sizes):
            self.encoders[name] = nn.Linear(sizes[name], hidden)
        self.head = nn.Linear(len(sizes) * hidden, out)

    def forward(self, inputs):
        parts = [self.encoders[name](inputs[name]) for name in sorted(self.encoders)]
        return self.head(torch.cat(parts, -1).relu())
