"""Starts both factors small instead of one at zero."""

import torch
from torch import nn
from torch.func import functional_call, vmap


def apply_with_weights(target, weights, x):
    def one(own, each):
        return functional_call(target, own, (each,))

    return vmap(one, randomness="different")(weights, x)


class HyperNetwork(nn.Module):
    def __init__(self, target, context_dim, rank):
        super().__init__()
        self.target, self.rank = target, rank
        parameters = list(target.parameters())
        self.matrix = [each.dim() > 1 for each in parameters]
        self.shapes = [each.flatten(1).shape if each.dim() > 1 else (each.numel(), 0) for each in parameters]
        self.lefts = [rows * rank if wide else rows for (rows, _), wide in zip(self.shapes, self.matrix, strict=True)]
        self.rights = [
            columns * rank if wide else 0 for (_, columns), wide in zip(self.shapes, self.matrix, strict=True)
        ]
        self.left = nn.Linear(context_dim, sum(self.lefts))
        self.right = nn.Linear(context_dim, sum(self.rights))
        nn.init.normal_(self.left.weight, std=1e-3)
        nn.init.zeros_(self.left.bias)

    def weights(self, context):
        lefts = self.left(context).split(self.lefts, 1)
        rights = self.right(context).split(self.rights, 1)
        made = {}
        for (name, base), left, right, wide in zip(
            self.target.named_parameters(), lefts, rights, self.matrix, strict=True
        ):
            if wide:
                update = left.unflatten(1, (-1, self.rank)) @ right.unflatten(1, (self.rank, -1))
                made[name] = base + update.view(-1, *base.shape)
            else:
                made[name] = base + left.reshape(-1, *base.shape)
        return made

    def forward(self, context, x):
        return apply_with_weights(self.target, self.weights(context), x)
