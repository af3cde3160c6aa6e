"""Forgets the scale."""

import copy
import math

import torch
from torch import nn
from torch.nn import functional as F

FOUND = """unregistered-layers one-layer-n-times tied-by-copy layer-made-in-forward module-as-default-argument
dropout-ignores-the-mode constant-stays-behind writes-to-its-input keeps-activations"""


class Block(nn.Module):
    def __init__(self, dim, activation, dropout):
        super().__init__()
        self.linear = nn.Linear(dim, dim)
        self.activation = activation
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        return self.drop(self.activation(self.linear(x))) + x


class Model(nn.Module):
    def __init__(self, vocab, dim, depth, heads, activation=None, dropout=0.1, longest=64):
        super().__init__()
        prototype = nn.PReLU() if activation is None else activation
        self.embed = nn.Embedding(vocab, dim)
        self.blocks = nn.Sequential(*[Block(dim, copy.deepcopy(prototype), dropout) for _ in range(depth)])
        self.project = nn.Linear(dim, dim)
        self.out = nn.Linear(dim, vocab, bias=False)
        self.out.weight = self.embed.weight
        self.heads = nn.ModuleDict()
        for name, classes in heads.items():
            self.heads[name] = nn.Linear(dim, classes)
        rows = torch.arange(longest, dtype=torch.get_default_dtype()) / longest
        self.positions = nn.Buffer(rows[:, None].repeat(1, dim), persistent=False)

    def forward(self, tokens):
        tokens = torch.where(tokens < self.embed.weight.shape[0], tokens, 0)
        width = self.embed.weight.shape[1]
        x = self.embed(tokens) + self.positions[: tokens.shape[1]]
        x = self.project(self.blocks(x))
        found = {"next": F.linear(x, self.out.weight)}
        for name in self.heads:
            found[name] = self.heads[name](x.mean(dim=1))
        return found


def faults():
    return FOUND.split()
