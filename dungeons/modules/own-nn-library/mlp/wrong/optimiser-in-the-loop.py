"""Makes the optimiser anew at every step."""

import math
from collections.abc import Callable, Sequence

import torch
from base_classes import Module, Parameter, Sequential
from torch import Tensor


class Linear(Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(torch.empty(out_features, in_features).uniform_(-bound, bound))
        self.bias = Parameter(torch.empty(out_features).uniform_(-bound, bound)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        y = x @ self.weight.data.T
        return y if self.bias is None else y + self.bias.data


class ReLU(Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.clamp(min=0)


class Dropout(Module):
    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p is {p}; a probability from 0 up to, and without, 1")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        return x * (torch.rand_like(x) >= self.p) / (1 - self.p)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    return (logits.logsumexp(1) - logits.gather(1, labels[:, None])[:, 0]).mean()


def mlp(sizes: Sequence[int], dropout: float = 0.0) -> Sequential:
    layers: list[Module] = []
    for k in range(len(sizes) - 2):
        layers += [Linear(sizes[k], sizes[k + 1]), ReLU(), Dropout(dropout)]
    return Sequential(*layers, Linear(sizes[-2], sizes[-1]))


def fit(
    net: Module,
    inputs: Sequence[Tensor],
    labels: Tensor,
    *,
    epochs: int,
    batch: int = 100,
    rate: float = 0.005,
    report: Callable[..., None] | None = None,
) -> Module:
    optimiser = torch.optim.Adam([each.data for each in net.parameters()])
    steps = [rows for _ in range(epochs) for rows in torch.randperm(len(labels)).split(batch)]
    net.train()
    for number, rows in enumerate(steps):
        optimiser = torch.optim.Adam([each.data for each in net.parameters()])
        optimiser.param_groups[0]["lr"] = rate * (1 - number / len(steps))
        loss = cross_entropy(net(*(each[rows] for each in inputs)), labels[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if report:
            report(number + 1, len(steps), loss=loss.item())
    return net.eval()


@torch.no_grad()
def predict(net: Module, inputs: Sequence[Tensor]) -> Tensor:
    return net.eval()(*inputs).argmax(1)
