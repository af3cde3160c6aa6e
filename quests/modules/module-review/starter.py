"""A model that a colleague sends for review: "it runs, but it does not get better". Mend Model, then name its faults.

The docstrings are right and say what callers rely on. Names of attributes, arguments and results stay.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Block(nn.Module):
    """x plus dropout of activation(linear(x)). Every block has a `linear` and an `activation` of its own."""

    def __init__(self, dim: int, activation: nn.Module, dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, dim)
        self.activation = activation
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        return x + F.dropout(self.activation(self.linear(x)), self.dropout)


class Model(nn.Module):
    """Token embedding, residual blocks, a projection; next-token logits from the tied table, and one head for each task.

    Children: `embed`, `blocks` (0, 1, ...), `project`, `out` (no bias, tied to embed), `heads` (by name). The default
    activation is a PReLU for each block. `positions` (longest, dim) moves with the model, is not trained and not saved.
    """

    def __init__(
        self,
        vocab: int,
        dim: int,
        depth: int,
        heads: dict[str, int],
        activation: nn.Module = nn.PReLU(),  # noqa: B008 - left for the review
        dropout: float = 0.1,
        longest: int = 64,
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.blocks = [Block(dim, activation, dropout)] * depth
        self.out = nn.Linear(dim, vocab, bias=False)
        self.out.weight.data.copy_(self.embed.weight.data)  # tie the weights
        self.heads = {name: nn.Linear(dim, classes) for name, classes in heads.items()}
        self.positions = torch.arange(longest).unsqueeze(1) / longest * torch.ones(dim)
        self.scale = math.sqrt(dim)
        self.trace: list[Tensor] = []

    def forward(self, tokens: Tensor) -> dict[str, Tensor]:
        """tokens (B, T) int64, T <= longest -> {"next": (B, T, vocab), and for each head (B, classes)}.

        Unknown tokens (vocab or above) are read as token 0; tokens itself stays as it is.
        """
        tokens[tokens >= self.embed.num_embeddings] = 0
        x = self.embed(tokens) * self.scale + self.positions[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
            self.trace.append(x)  # handy in the debugger
        x = nn.Linear(x.shape[-1], x.shape[-1])(x)  # the projection
        pooled = x.mean(1)
        return {"next": self.out(x)} | {name: head(pooled) for name, head in self.heads.items()}


def faults() -> list[str]:
    """The names of the kinds of fault in the code above, from the list in the brief, in any order."""
    return []
