"""The reviewed model: everything that learns is registered once, everything else is made, used and let go."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Block(nn.Module):
    """x plus dropout of activation(linear(x))."""

    def __init__(self, dim: int, activation: Callable[[], nn.Module], dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, dim)
        self.activation = activation()  # a new one for each block
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        return x + F.dropout(self.activation(self.linear(x)), self.dropout, self.training)


class Model(nn.Module):
    """Token embedding, residual blocks, a projection; next-token logits from the tied table, and one head for each task."""

    positions: Tensor

    def __init__(
        self,
        vocab: int,
        dim: int,
        depth: int,
        heads: dict[str, int],
        activation: Callable[[], nn.Module] = nn.PReLU,
        dropout: float = 0.1,
        longest: int = 64,
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.blocks = nn.ModuleList(
            Block(dim, activation, dropout) for _ in range(depth)
        )  # the expression runs each time
        self.project = nn.Linear(dim, dim)
        self.out = nn.Linear(dim, vocab, bias=False)
        self.out.weight = self.embed.weight  # the same Parameter, not the same numbers
        self.heads = nn.ModuleDict({name: nn.Linear(dim, classes) for name, classes in heads.items()})
        positions = torch.arange(longest).unsqueeze(1) / longest * torch.ones(dim)  # (longest, dim)
        self.register_buffer("positions", positions, persistent=False)  # moves along; __init__ can make it again
        self.scale = math.sqrt(dim)

    def forward(self, tokens: Tensor) -> dict[str, Tensor]:
        """tokens (B, T) -> {"next": (B, T, vocab), and for each head (B, classes)}."""
        known = tokens.masked_fill(tokens >= self.embed.num_embeddings, 0)  # a copy: tokens are the caller's
        x = self.embed(known) * self.scale + self.positions[: tokens.shape[1]]  # (B, T, D)
        for block in self.blocks:
            x = block(x)
        x = self.project(x)
        pooled = x.mean(1)  # (B, D)
        return {"next": self.out(x)} | {name: head(pooled) for name, head in self.heads.items()}


def faults() -> list[str]:
    """The kinds of fault that the code under review had."""
    return [
        "unregistered-layers",
        "one-layer-n-times",
        "tied-by-copy",
        "layer-made-in-forward",
        "module-as-default-argument",
        "dropout-ignores-the-mode",
        "constant-stays-behind",
        "writes-to-its-input",
        "keeps-activations",
    ]
