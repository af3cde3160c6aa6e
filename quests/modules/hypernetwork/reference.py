"""A network that writes another network's weights: base plus an update of low rank, for each sample its own.

Hypernetworks after Ha, Dai and Le, arXiv 1609.09106; the low-rank update and its start at zero as in LoRA, arXiv 2106.09685.
"""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.func import functional_call, vmap


def apply_with_weights(target: nn.Module, weights: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """weights[name] (B, *shape), x (B, N, ...) -> (B, N, ...): sample i runs through target with weights[name][i].

    What weights does not name is the target's own, the same for all.
    """

    def sample(own: dict[str, Tensor], own_x: Tensor) -> Tensor:
        return functional_call(target, own, (own_x,))

    return vmap(sample, randomness="different")(dict(weights), x)


class HyperNetwork(nn.Module):
    """Runs target with weights that depend on a context: base + left @ right^T for matrices, base + delta for vectors."""

    def __init__(self, target: nn.Module, context_dim: int, rank: int) -> None:
        super().__init__()
        self.target = target  # its parameters are the base, listed once, under target.*
        self.rank = rank
        self.left_sizes, self.right_sizes = [], []
        for value in target.parameters():
            rows, columns = as_matrix(value)
            self.left_sizes.append(rows * rank if columns else rows)  # a vector's update is written in full
            self.right_sizes.append(columns * rank)
        self.left = nn.Linear(context_dim, sum(self.left_sizes))
        self.right = nn.Linear(context_dim, sum(self.right_sizes))
        nn.init.zeros_(self.left.weight)  # left = 0 and right != 0: no update at first, and a gradient to left
        nn.init.zeros_(self.left.bias)

    def weights(self, context: Tensor) -> dict[str, Tensor]:
        """context (B, E) -> name -> (B, *shape)."""
        lefts = self.left(context).split(self.left_sizes, dim=1)  # of each tensor (B, rows * rank) or (B, size)
        rights = self.right(context).split(self.right_sizes, dim=1)  # (B, columns * rank), or (B, 0) for a vector
        made = {}
        for (name, base), left, right in zip(self.target.named_parameters(), lefts, rights, strict=True):
            rows, columns = as_matrix(base)
            if columns:
                first, second = left.unflatten(1, (rows, self.rank)), right.unflatten(1, (self.rank, columns))
                made[name] = base + (first @ second).unflatten(2, base.shape[1:])  # (B, rows, columns) -> (B, *shape)
            else:
                made[name] = base + left.view(-1, *base.shape)
        return made

    def forward(self, context: Tensor, x: Tensor) -> Tensor:
        """context (B, E), x (B, N, ...) -> (B, N, ...)."""
        return apply_with_weights(self.target, self.weights(context), x)


def as_matrix(value: Tensor) -> tuple[int, int]:
    """(rows, columns) of a weight with all dimensions but the first flattened; (size, 0) of a vector."""
    if value.dim() < 2:
        return value.numel(), 0
    return value.shape[0], value[0].numel()
