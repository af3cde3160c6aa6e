"""A multi-layer perceptron as an nn.Module: affine maps with a nonlinearity between them."""

from collections.abc import Callable
from itertools import pairwise

from torch import Tensor, nn


class MLP(nn.Module):
    """sizes[0] -> sizes[1] -> ... -> sizes[-1]; activation and dropout after every layer but the last."""

    def __init__(self, sizes: list[int], activation: Callable[[], nn.Module] = nn.ReLU, dropout: float = 0.0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), activation(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers[:-2])  # the output is free: any real number, nothing dropped

    def forward(self, x: Tensor) -> Tensor:
        """x (..., sizes[0]) -> (..., sizes[-1])."""
        result: Tensor = self.layers(x)
        return result


def count_parameters(model: nn.Module, trainable_only: bool = True) -> int:
    """How many numbers `model` learns; every one it has as a parameter when not trainable_only. Tied ones count once."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trainable_only)
