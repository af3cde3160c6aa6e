"""The mask of the layer above."""

from collections.abc import Callable

import torch
from echoes.autograd import numerical_directional
from parameters_and_forward import forward
from torch import Tensor

Params = dict[str, Tensor]
Loss = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def binary_loss(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """logits (N, 1), y (N,) in {0, 1} -> mean of softplus(z) - y z, and its slope (p - y) / N, (N, 1)."""
    z = logits[:, 0]
    losses = z.clamp(min=0.0) - z * y + torch.log1p(torch.exp(-z.abs()))  # (N,); exp never sees a positive number
    slope = (torch.sigmoid(z) - y) / len(y)
    return losses.mean(), slope[:, None]


def softmax_loss(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """logits (N, K), y (N,) int64 -> mean of -log p[y], and its slope (p - onehot(y)) / N, (N, K)."""
    logs = torch.log_softmax(logits, dim=1)
    rows = torch.arange(len(y))
    slope = logs.exp()  # p
    slope[rows, y] -= 1.0
    return -logs[rows, y].mean(), slope / len(y)


def gradients(params: Params, x: Tensor, y: Tensor, loss: Loss) -> tuple[Tensor, Params]:
    """Value of the loss (), and its gradient by every parameter, in the order and the shapes of params."""
    logits, inputs = forward(params, x)
    value, dz = loss(logits, y)  # dz (N, fan_out): the slope by what layer k gave, before relu
    found = {}
    for k in range(len(inputs), 0, -1):
        h = inputs[k - 1]
        found[f"w{k}"] = dz.T @ h  # (fan_out, N) @ (N, fan_in)
        found[f"b{k}"] = dz.sum(0)
        dz = (dz * (dz > 0)) @ params[f"w{k}"]
    return value, {name: found[name] for name in params}


def slopes_along(
    params: Params, x: Tensor, y: Tensor, loss: Loss, direction: Params, eps: float = 1e-5
) -> tuple[Tensor, Tensor]:
    """d/dt loss(params + t direction) at t = 0: measured by central differences, and by the gradients. Both ()."""

    def moved(t: Tensor) -> Tensor:
        there = {name: value + t * direction[name] for name, value in params.items()}
        return loss(forward(there, x)[0], y)[0]

    measured = numerical_directional(moved, x.new_zeros(()), x.new_ones(()), eps)
    slopes = gradients(params, x, y, loss)[1]
    return measured, torch.stack([(slopes[name] * direction[name]).sum() for name in params]).sum()
