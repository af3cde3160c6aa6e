"""Dropout by the function, which takes itself to be training."""

from itertools import pairwise

import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self, sizes, activation=nn.ReLU, dropout=0.0):
        super().__init__()
        self.linears = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.activations = nn.ModuleList(activation() for _ in sizes[2:])
        self.p = dropout

    def forward(self, x):
        *hidden, last = self.linears
        for linear, activation in zip(hidden, self.activations, strict=True):
            x = torch.nn.functional.dropout(activation(linear(x)), self.p)
        return last(x)


def count_parameters(model, trainable_only=True):
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trainable_only)
