"""Generates every entry of the update and projects it to a few directions."""

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
        self.sizes = [each.numel() for each in target.parameters()]
        self.head = nn.Linear(context_dim, sum(self.sizes))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("directions", torch.randn(1024, rank))

    def weights(self, context):
        made = {}
        parts = self.head(context).split(self.sizes, 1)
        for (name, base), part in zip(self.target.named_parameters(), parts, strict=True):
            update = part.view(-1, *base.shape)
            if base.dim() > 1:
                flat = update.flatten(2)
                basis = torch.linalg.qr(self.directions[: flat.shape[2]].to(flat.dtype)).Q
                update = (flat @ basis @ basis.T).view(-1, *base.shape)
            made[name] = base + update
        return made

    def forward(self, context, x):
        return apply_with_weights(self.target, self.weights(context), x)
