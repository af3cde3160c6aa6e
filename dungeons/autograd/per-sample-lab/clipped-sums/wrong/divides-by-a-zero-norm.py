"""Divides each gradient by its norm."""

from collections.abc import Callable

import torch
from echoes.autograd.per_sample_gradients import per_sample_gradients
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]


def clipped_sum(
    model: nn.Module, loss_fn: Loss, x: Tensor, y: Tensor, clip: float, microbatch: int = 64
) -> tuple[dict[str, Tensor], Tensor]:
    """x (B, ...), y (B, ...) -> sums {name: parameter's shape} of gradients of norm at most `clip`, and norms (B,) before."""
    sums = {name: torch.zeros_like(each) for name, each in model.named_parameters() if each.requires_grad}
    norms = [x.new_zeros(0)]
    for start in range(0, len(x), microbatch):
        part = slice(start, start + microbatch)
        gradients = per_sample_gradients(model, loss_fn, x[part], y[part])
        norm = norms_of(gradients)
        for name, each in gradients.items():
            sums[name] += torch.tensordot(
                (norm > clip).to(norm.dtype), (each.movedim(0, -1) / norm * clip).movedim(-1, 0), 1
            )
            sums[name] += torch.tensordot((norm <= clip).to(norm.dtype), each, 1)  # (b,), (b, *shape) -> (*shape)
        norms.append(norm)
    return sums, torch.cat(norms)


def norms_of(gradients: dict[str, Tensor]) -> Tensor:
    """(b,): the norm of each sample's gradient, all parameters taken as one long vector."""
    parts = [torch.linalg.vector_norm(each.flatten(1), dim=1) for each in gradients.values()]
    return torch.linalg.vector_norm(torch.stack(parts), dim=0)  # the norm of the norms is the norm of the whole
