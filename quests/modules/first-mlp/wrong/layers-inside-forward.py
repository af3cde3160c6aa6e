"""Makes the layers when they are needed."""

from itertools import pairwise

from torch import nn


class MLP(nn.Module):
    def __init__(self, sizes, activation=nn.ReLU, dropout=0.0):
        super().__init__()
        self.sizes = sizes
        self.activations = nn.ModuleList(activation() for _ in sizes[2:])
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        *hidden, last = (nn.Linear(a, b) for a, b in pairwise(self.sizes))
        for linear, activation in zip(hidden, self.activations, strict=True):
            x = self.dropout(activation(linear(x)))
        return last(x)


def count_parameters(model, trainable_only=True):
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trainable_only)
