"""A first multi-layer perceptron."""

from collections.abc import Callable

from torch import Tensor, nn


class MLP(nn.Module):
    """Fully connected layers of the given widths with a nonlinearity between them.

    Args:
        sizes: at least two widths; [4, 8, 3] is one hidden layer of 8 between 4 inputs and 3 outputs
        activation: class or function without arguments that makes a new activation module
        dropout: probability with which a hidden unit is dropped while training
    """

    def __init__(self, sizes: list[int], activation: Callable[[], nn.Module] = nn.ReLU, dropout: float = 0.0) -> None:
        super().__init__()
        raise NotImplementedError("MLP.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (..., sizes[0]) -> (..., sizes[-1])."""
        raise NotImplementedError("MLP.forward")


def count_parameters(model: nn.Module, trainable_only: bool = True) -> int:
    """How many numbers the model holds in parameters; with trainable_only those alone that require grad."""
    raise NotImplementedError("count_parameters")
