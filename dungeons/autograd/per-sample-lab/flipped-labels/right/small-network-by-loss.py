"""The loss of a small network, trained briefly."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional

STEPS, RATE = 60, 0.2


def gradient_norms(model: nn.Module, loss_fn: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor) -> Tensor:
    """(B,): the norm of each sample's gradient, all parameters together."""

    def norm(parameters, sample, target):
        found = grad(lambda p: loss_fn(functional_call(model, p, (sample[None],)), target[None]))(parameters)
        return sum(each.square().sum() for each in found.values()).sqrt()

    return vmap(norm, in_dims=(None, 0, 0))({name: each.detach() for name, each in model.named_parameters()}, x, y)


def suspicion(images: Tensor, labels: Tensor, seed: int, report: Callable[..., None] | None = None) -> Tensor:
    """images (N, F) in [0, 1], labels (N,) int64, some of them wrong -> (N,), larger for labels less to be trusted."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(images.shape[1], 64), nn.ReLU(), nn.Linear(64, int(labels.max()) + 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)
    for step in range(STEPS):
        loss = functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if report:
            report(step + 1, STEPS, loss=loss.item())
    with torch.no_grad():
        return functional.cross_entropy(model(images), labels, reduction="none")


def average_precision(scores: Tensor, wanted: Tensor) -> float:
    """Mean, over the wanted samples (N,) bool, of the precision among all that rank no lower. 0 where none is wanted."""
    hits = wanted[scores.argsort(descending=True, stable=True)].double()
    precision = hits.cumsum(0) / torch.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / hits.sum().clamp(min=1))
