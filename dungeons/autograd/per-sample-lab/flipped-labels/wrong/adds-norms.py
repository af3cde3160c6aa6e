"""Adds the norms of parameters."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

STEPS, RATE, DECAY = 60, 0.5, 0.01


def gradient_norms(model: nn.Module, loss_fn: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor) -> Tensor:
    """(B,): the norm of each sample's gradient, all parameters together."""
    norms = []
    for place in range(len(x)):
        loss = loss_fn(model(x[place : place + 1]), y[place : place + 1])
        found = torch.autograd.grad(loss, list(model.parameters()))
        norms.append(torch.stack([each.norm() for each in found]).sum())
    return torch.stack(norms)


def suspicion(images: Tensor, labels: Tensor, seed: int, report: Callable[..., None] | None = None) -> Tensor:
    """images (N, F) in [0, 1], labels (N,) int64, some of them wrong -> (N,), larger for labels less to be trusted."""
    torch.manual_seed(seed)
    model = nn.Linear(
        images.shape[1], int(labels.max()) + 1
    )  # linear, and decayed: too simple to learn single samples by heart
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, weight_decay=DECAY)
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
