"""What a wide network will learn, told from its kernel at the start; and a private classifier within a budget."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Report = Callable[..., None] | None


class Wide(nn.Module):
    """f(x) = c . tanh(A x / sqrt(inputs) + b) / sqrt(width)."""

    def __init__(self, inputs: int, width: int, generator: torch.Generator) -> None:
        """Parameters a (width, inputs), b (width,), c (width,), standard normal, drawn in this order."""
        super().__init__()
        raise NotImplementedError("Wide.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (N, inputs) -> (N, 1)."""
        raise NotImplementedError("Wide.forward")


def spectrum(model: nn.Module, x: Tensor, count: int) -> Tensor:
    """The `count` largest eigenvalues, descending, of the tangent kernel of a model with one output at x (N, ...)."""
    raise NotImplementedError("spectrum")


def expected_error(
    model: nn.Module, x: Tensor, y: Tensor, unseen: Tensor, target: Tensor, lr: float, steps: int
) -> tuple[Tensor, float]:
    """Predict a training without doing it.

    Args:
        model: one output; it is not changed
        x: (N, ...), y: (N, 1) what it would be trained on by `train`
        unseen: (M, ...), target: (M, 1)
        lr, steps: of that training

    Returns:
        The outputs (M, 1) on `unseen` of the model linearised here, after `steps` steps; their mean squared error.
    """
    raise NotImplementedError("expected_error")


def train(model: nn.Module, x: Tensor, y: Tensor, lr: float, steps: int, report: Report = None) -> None:
    """Gradient descent, in place, on half the sum of squared errors over all samples at once."""
    raise NotImplementedError("train")


def noise_for(budget: float, steps: int, rate: float, delta: float) -> float:
    """The smallest sigma (within one percent) with epsilon(steps, rate, sigma, delta) <= budget."""
    raise NotImplementedError("noise_for")


def train_private(
    images: Tensor, labels: Tensor, budget: float, delta: float, seed: int, report: Report = None
) -> tuple[nn.Module, tuple[int, float, float]]:
    """Train a classifier of ten digits with private gradients.

    Args:
        images: (N, 64) in [0, 1], labels: (N,) int64
        budget: the epsilon, at `delta`, that the whole training may spend
        seed: of all randomness
        report: when given, call report(steps done, steps) after each step

    Returns:
        A model (B, 64) -> (B, 10), and the (steps, rate, sigma) of its training.
    """
    raise NotImplementedError("train_private")
