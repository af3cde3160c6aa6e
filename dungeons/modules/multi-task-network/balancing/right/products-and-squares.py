"""A product to the power of one over its count, squares added by hand."""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn


def weighted(losses: Mapping[str, Tensor], weights: Mapping[str, float | Tensor]) -> Tensor:
    """The sum of weight times loss over the tasks that are there."""
    return sum(weights[task] * loss for task, loss in losses.items())


class UncertaintyWeights(nn.Module):
    """Learned log variances s: sum of exp(-s) loss + s (after Kendall, Gal and Cipolla, arXiv 1705.07115)."""

    def __init__(self, tasks: Iterable[str]) -> None:
        super().__init__()
        self.log_variances = nn.ParameterDict({task: nn.Parameter(torch.zeros(())) for task in tasks})

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        terms = [(-self.log_variances[task]).exp() * loss + self.log_variances[task] for task, loss in losses.items()]
        return torch.stack(terms).sum()


def gradient_norms(losses: Mapping[str, Tensor], shared: Sequence[Tensor]) -> dict[str, Tensor]:
    """The norm of each task's gradient by all of `shared` together; the graph is kept and no .grad is touched."""
    norms = {}
    for task, loss in losses.items():
        slopes = torch.autograd.grad(loss, list(shared), retain_graph=True, allow_unused=True)
        squares = [slope.square().sum() for slope in slopes if slope is not None]
        norms[task] = sum(squares, torch.zeros_like(loss)).sqrt().detach()
    return norms


def balanced_weights(losses: Mapping[str, Tensor], shared: Sequence[Tensor]) -> dict[str, Tensor]:
    """Weights with product 1 under which all tasks have gradients of one norm; 1 for a task without a gradient."""
    norms = gradient_norms(losses, shared)
    middle, count = 1.0, sum(bool(norm > 0) for norm in norms.values())
    for norm in norms.values():
        if norm > 0:
            middle = middle * norm ** (1 / count)
    return {task: middle / norm if norm > 0 else torch.ones_like(norm) for task, norm in norms.items()}
