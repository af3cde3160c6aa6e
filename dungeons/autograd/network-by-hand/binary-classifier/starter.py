"""Floor 3: training."""

from collections.abc import Callable

import torch
from backward import binary_loss, gradients  # your floor 2
from parameters_and_forward import forward, init  # your floor 1
from torch import Tensor


def minibatches(count: int, size: int, generator: torch.Generator) -> list[Tensor]:
    """One epoch: the indices 0 .. count-1, each once, in an order drawn from `generator`, in int64 pieces of `size`.

    The last piece is shorter where size does not divide count.
    """
    raise NotImplementedError("minibatches")


def train(
    x: Tensor,
    y: Tensor,
    *,
    hidden: int = 32,
    epochs: int = 30,
    batch: int = 50,
    rate: float = 0.5,
    seed: int = 0,
    report: Callable[..., None] | None = None,
) -> dict[str, Tensor]:
    """Train an F - hidden - 1 network on rows x (N, F) float32 with labels y (N,) int64 in {0, 1}.

    Begins at init([F, hidden, 1], seed); the first step is rate times the gradient of the first mini-batch. All random
    numbers come from the seed. The defaults are yours to change. report(step, of, loss=value) where it is given.
    """
    raise NotImplementedError("train")


def probability(params: dict[str, Tensor], x: Tensor) -> Tensor:
    """P(class 1) of every row x (N, F), shape (N,)."""
    raise NotImplementedError("probability")
