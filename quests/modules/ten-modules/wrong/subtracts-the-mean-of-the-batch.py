"""Subtracts the mean of x while training."""

import torch
from torch import nn


class Scale(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.register_parameter("weight", nn.Parameter(torch.ones(dim)))

    def forward(self, x):
        return torch.mul(x, self.weight)


class Residual(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.add_module("fn", fn)

    def forward(self, x):
        return torch.add(self.fn(x), x)


class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.call = function

    def forward(self, *args):
        return self.call(*args)


class Flatten(nn.Module):
    def __init__(self, start_dim=1):
        super().__init__()
        self.start = start_dim

    def forward(self, x):
        start = self.start % x.dim()
        return x.reshape(*x.shape[:start], x.shape[start:].numel())


class Embedding(nn.Module):
    def __init__(self, num_embeddings, dim, padding_idx=None):
        super().__init__()
        table = torch.randn(num_embeddings, dim)
        self.row = None
        if padding_idx is not None:
            self.row = padding_idx if padding_idx >= 0 else num_embeddings + padding_idx
            table[self.row] = 0
        self.weight = nn.Parameter(table)

    def forward(self, index):
        rows = self.weight.index_select(0, index.reshape(-1)).reshape(*index.shape, self.weight.shape[1])
        if self.row is None:
            return rows
        return torch.where((index == self.row)[..., None], rows.detach(), rows)


class Bilinear(nn.Module):
    def __init__(self, in1_features, in2_features, out_features):
        super().__init__()
        bound = in1_features**-0.5
        self.weight = nn.Parameter((torch.rand(out_features, in1_features, in2_features) * 2 - 1) * bound)
        self.bias = nn.Parameter((torch.rand(out_features) * 2 - 1) * bound)

    def forward(self, a, b):
        left = a[..., None, None, :] @ self.weight  # (..., O, 1, J)
        return (left[..., 0, :] * b[..., None, :]).sum(-1) + self.bias


class Maxout(nn.Module):
    def __init__(self, in_features, out_features, pieces):
        super().__init__()
        self.linear = nn.Linear(in_features, out_features * pieces)
        self.pieces = pieces

    def forward(self, x):
        y = self.linear(x)
        return y.reshape(*y.shape[:-1], y.shape[-1] // self.pieces, self.pieces).max(dim=-1).values


class Concat(nn.Module):
    def __init__(self, branches, dim=-1):
        super().__init__()
        self.branches = nn.Sequential(*branches)
        self.dim = dim

    def forward(self, x):
        return torch.cat(tuple(branch(x) for branch in self.branches.children()), self.dim)


class RunningNorm(nn.Module):
    def __init__(self, dim, momentum=0.1):
        super().__init__()
        self.mean = nn.Buffer(torch.zeros(dim))
        self.momentum = momentum

    def forward(self, x):
        if self.training and x.numel() > 0:
            with torch.no_grad():
                self.mean = self.mean + self.momentum * (x.view(-1, x.shape[-1]).mean(0) - self.mean)
            return x - x.view(-1, x.shape[-1]).mean(0)
        return x - self.mean


class Gate(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.linear = nn.Linear(dim + dim, dim)

    def forward(self, a, b):
        return torch.lerp(b, a, torch.sigmoid(self.linear(torch.cat((a, b), -1))))
