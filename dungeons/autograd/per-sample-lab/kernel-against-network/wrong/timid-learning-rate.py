"""Learns at the rate of ordinary descent.

Jacot et al., arXiv 1806.07572; Lee et al., arXiv 1902.06720; Abadi et al., arXiv 1607.00133.
"""

import math
from collections.abc import Callable

import torch
from echoes.autograd.neural_tangent_kernel import linearised_predict, ntk
from noise_and_accounting import epsilon, poisson_sample, private_gradient
from torch import Tensor, nn
from torch.nn import functional

STEPS, RATE, CLIP, LEARNING_RATE = 60, 0.1, 1.0, 0.1
Report = Callable[..., None] | None


class Wide(nn.Module):
    """f(x) = c . tanh(A x / sqrt(inputs) + b) / sqrt(width), every parameter standard normal at the start."""

    def __init__(self, inputs: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.randn(width, inputs, generator=generator))
        self.b = nn.Parameter(torch.randn(width, generator=generator))
        self.c = nn.Parameter(torch.randn(width, generator=generator))

    def forward(self, x: Tensor) -> Tensor:
        """x (N, inputs) -> (N, 1)."""
        width, inputs = self.a.shape
        hidden = torch.tanh(x @ self.a.T / math.sqrt(inputs) + self.b)
        return (hidden @ self.c / math.sqrt(width)).unsqueeze(1)


def spectrum(model: nn.Module, x: Tensor, count: int) -> Tensor:
    """The `count` largest eigenvalues, descending, of the kernel of a model with one output at x (N, ...)."""
    return torch.linalg.eigvalsh(ntk(model, x, x)[:, :, 0, 0]).flip(0)[:count]


def expected_error(
    model: nn.Module, x: Tensor, y: Tensor, unseen: Tensor, target: Tensor, lr: float, steps: int
) -> tuple[Tensor, float]:
    """Outputs (M, 1) on `unseen` that the kernel at this moment predicts for after training, and their mean squared error."""
    outputs = linearised_predict(model, x, y, unseen, lr, steps)
    return outputs, float((outputs - target).square().mean())


def train(model: nn.Module, x: Tensor, y: Tensor, lr: float, steps: int, report: Report = None) -> None:
    """Descent on half the sum of squares, all samples at once."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for step in range(steps):
        loss = 0.5 * (model(x) - y).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if report:
            report(step + 1, steps, loss=loss.item())


def noise_for(budget: float, steps: int, rate: float, delta: float) -> float:
    """The smallest sigma, up to a thousandth, with epsilon(steps, rate, sigma, delta) <= budget; by halving."""
    low, high = 0.1, 1000.0
    while high > 1.001 * low:
        middle = math.sqrt(low * high)
        if epsilon(steps, rate, middle, delta) <= budget:
            high = middle
        else:
            low = middle
    return high


def train_private(
    images: Tensor, labels: Tensor, budget: float, delta: float, seed: int, report: Report = None
) -> tuple[nn.Module, tuple[int, float, float]]:
    """images (N, 64), labels (N,) -> a classifier of ten digits, and (steps, rate, sigma) of its training."""
    generator = torch.Generator().manual_seed(seed)
    sigma = noise_for(budget, STEPS, RATE, delta)
    model = nn.Linear(images.shape[1], 10)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    for step in range(STEPS):
        rows = poisson_sample(len(images), RATE, generator)
        expected = RATE * len(images)
        gradient = private_gradient(
            model, functional.cross_entropy, images[rows], labels[rows], CLIP, sigma, expected, generator
        )
        with torch.no_grad():
            for name, each in model.named_parameters():
                each.add_(gradient[name], alpha=-LEARNING_RATE)
        if report:
            report(step + 1, STEPS)
    return model, (STEPS, RATE, sigma)
