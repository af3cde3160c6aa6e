"""A network that writes another network's weights, for each sample its own."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def apply_with_weights(target: nn.Module, weights: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """weights[name] (B, *shape), x (B, N, ...) -> (B, N, ...): sample i runs through target with weights[name][i].

    What weights does not name is the target's own, the same for all. target is left as it is.
    """
    raise NotImplementedError("apply_with_weights")


class HyperNetwork(nn.Module):
    """Runs target with weights that depend on a context: base + an update of at most `rank`, vectors + a full update.

    The base is target's own parameters. A weight of more than two dimensions is a matrix (shape[0], the rest).
    """

    def __init__(self, target: nn.Module, context_dim: int, rank: int) -> None:
        super().__init__()
        raise NotImplementedError("HyperNetwork.__init__")

    def weights(self, context: Tensor) -> dict[str, Tensor]:
        """context (B, E) -> every parameter of target, name -> (B, *shape)."""
        raise NotImplementedError("HyperNetwork.weights")

    def forward(self, context: Tensor, x: Tensor) -> Tensor:
        """context (B, E), x (B, N, ...) -> (B, N, ...)."""
        raise NotImplementedError("HyperNetwork.forward")
