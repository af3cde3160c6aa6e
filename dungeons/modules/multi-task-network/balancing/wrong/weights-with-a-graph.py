"""create_graph."""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn


def weighted(losses: Mapping[str, Tensor], weights: Mapping[str, float | Tensor]) -> Tensor:
    """The sum of weight times loss over the tasks that are there."""
    return torch.stack([weights[task] * loss for task, loss in losses.items()]).sum()


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
        slopes = torch.autograd.grad(loss, shared, create_graph=True, materialize_grads=True)
        norms[task] = torch.cat([slope.flatten() for slope in slopes]).norm()
    return norms


def balanced_weights(losses: Mapping[str, Tensor], shared: Sequence[Tensor]) -> dict[str, Tensor]:
    """Weights with product 1 under which all tasks have gradients of one norm; 1 for a task without a gradient."""
    norms = gradient_norms(losses, shared)
    pulling = [norm.log() for norm in norms.values() if norm > 0]
    middle = torch.stack(pulling).mean().exp() if pulling else 1.0  # the geometric mean
    return {task: middle / norm if norm > 0 else torch.ones_like(norm) for task, norm in norms.items()}
