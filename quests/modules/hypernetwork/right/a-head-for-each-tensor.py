"""Independent idiom: a small head for each tensor, einsum, the bias as a constant input."""

import torch
from torch import nn
from torch.func import functional_call, vmap


def apply_with_weights(target, weights, x):
    names = list(weights)
    call = vmap(
        lambda each, *values: functional_call(target, dict(zip(names, values, strict=True)), each),
        randomness="different",
    )
    return call(x, *weights.values())


class Head(nn.Module):
    """The update of one tensor."""

    def __init__(self, shape, context_dim, rank):
        super().__init__()
        self.shape, self.rank = shape, rank
        rows = shape[0] if shape else 1
        self.columns = shape[1:].numel() if len(shape) > 1 else 0
        self.first = nn.Parameter(torch.zeros(context_dim + 1, rows, rank if self.columns else 1))
        if self.columns:
            self.second = nn.Parameter(torch.randn(context_dim + 1, rank, self.columns) / (context_dim + 1) ** 0.5)

    def forward(self, extended):
        first = torch.einsum("be,eor->bor", extended, self.first)
        if self.columns:
            first = torch.bmm(first, torch.einsum("be,eri->bri", extended, self.second))
        return first.reshape(len(extended), *self.shape)


class HyperNetwork(nn.Module):
    def __init__(self, target, context_dim, rank):
        super().__init__()
        self.target = target
        self.heads = nn.ModuleList(Head(each.shape, context_dim, rank) for each in target.parameters())

    def weights(self, context):
        extended = nn.functional.pad(context, (0, 1), value=1.0)  # (B, E + 1): the last column is the bias
        named = self.target.named_parameters()
        return {name: head(extended).add_(base) for head, (name, base) in zip(self.heads, named, strict=True)}

    def forward(self, context, x):
        return apply_with_weights(self.target, self.weights(context), x)
