"""Activation after every layer."""

from itertools import pairwise

from torch import nn


class MLP(nn.Module):
    def __init__(self, sizes, activation=nn.ReLU, dropout=0.0):
        super().__init__()
        self.linears = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.activations = nn.ModuleList(activation() for _ in sizes[1:])
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        for number, (linear, activation) in enumerate(zip(self.linears, self.activations, strict=True)):
            x = activation(linear(x))
            if number < len(self.linears) - 1:
                x = self.dropout(x)
        return x


def count_parameters(model, trainable_only=True):
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trainable_only)
