"""Two passes over a list of layers; the losses through logaddexp and logsumexp; the difference quotient written out."""

from collections.abc import Callable

import torch
from parameters_and_forward import forward
from torch import Tensor


def binary_loss(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    toward = torch.where(y[:, None] > 0, logits, -logits)
    losses = torch.logaddexp(torch.zeros_like(toward), -toward)
    p = 0.5 * (1 + torch.tanh(0.5 * logits))
    return losses.sum() / len(y), (p - y[:, None].to(p)) / len(y)


def softmax_loss(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    total = torch.logsumexp(logits, dim=1, keepdim=True)
    chosen = logits.gather(1, y[:, None])
    hot = torch.zeros_like(logits).scatter(1, y[:, None], 1.0)
    return (total - chosen).mean(), (torch.softmax(logits, dim=1) - hot) / logits.shape[0]


def gradients(
    params: dict[str, Tensor], x: Tensor, y: Tensor, loss: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
) -> tuple[Tensor, dict[str, Tensor]]:
    z, inputs = forward(params, x)
    value, above = loss(z, y)
    slopes = [above]
    for k in range(len(inputs), 1, -1):
        below = torch.einsum("no,oi->ni", slopes[0], params[f"w{k}"])
        slopes.insert(0, torch.where(inputs[k - 1] > 0, below, 0.0))
    grads = {}
    for k, (dz, h) in enumerate(zip(slopes, inputs, strict=True), start=1):
        grads[f"w{k}"] = torch.einsum("no,ni->oi", dz, h)
        grads[f"b{k}"] = torch.einsum("no->o", dz)
    return value, grads


def slopes_along(
    params: dict[str, Tensor],
    x: Tensor,
    y: Tensor,
    loss: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    direction: dict[str, Tensor],
    eps: float = 1e-5,
) -> tuple[Tensor, Tensor]:
    ahead = {name: params[name] + eps * direction[name] for name in params}
    behind = {name: params[name] - eps * direction[name] for name in params}
    rise = loss(forward(ahead, x)[0], y)[0] - loss(forward(behind, x)[0], y)[0]
    grads = gradients(params, x, y, loss)[1]
    return rise / (2 * eps), sum((grads[name] * direction[name]).sum() for name in params)
