"""A network large enough to learn every wrong label by heart."""

from collections.abc import Callable

import torch
from clipped_sums import norms_of
from echoes.autograd.per_sample_gradients import per_sample_gradients
from torch import Tensor, nn
from torch.nn import functional

STEPS, RATE = 500, 0.01


def gradient_norms(model: nn.Module, loss_fn: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor) -> Tensor:
    """(B,): the norm of each sample's gradient, all parameters together."""
    return norms_of(per_sample_gradients(model, loss_fn, x, y))


def suspicion(images: Tensor, labels: Tensor, seed: int, report: Callable[..., None] | None = None) -> Tensor:
    """images (N, F) in [0, 1], labels (N,) int64, some of them wrong -> (N,), larger for labels less to be trusted."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(images.shape[1], 128), nn.ReLU(), nn.Linear(128, int(labels.max()) + 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for step in range(STEPS):
        loss = functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if report:
            report(step + 1, STEPS, loss=loss.item())
    return gradient_norms(model, functional.cross_entropy, images, labels)


def average_precision(scores: Tensor, wanted: Tensor) -> float:
    """Mean, over the wanted samples (N,) bool, of the precision among all that rank no lower. 0 where none is wanted."""
    hits = wanted[scores.argsort(descending=True, stable=True)].double()
    precision = hits.cumsum(0) / torch.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / hits.sum().clamp(min=1))
