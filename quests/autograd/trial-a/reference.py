"""A projection with a backward of its own, a loss whose gradient it is, and the gradient of that loss for every sample.

Sparsemax and its loss: Martins and Astudillo, From Softmax to Sparsemax, arXiv 1602.02068.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

Loss = Callable[[Tensor, Tensor], Tensor]


class SparseMax(torch.autograd.Function):
    """apply(x): the point of the simplex nearest to x, along the last dimension."""

    generate_vmap_rule = True  # all that follows are torch operations on the last dimension

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        """x (..., C) -> p (..., C) = max(x - tau, 0), with tau such that every row sums to 1."""
        z = x - x.amax(-1, keepdim=True)  # a shift changes nothing but the rounding
        ranked = z.sort(-1, descending=True).values
        sums = ranked.cumsum(-1)
        places = torch.arange(1, x.shape[-1] + 1, device=x.device)
        size = (1 + places * ranked > sums).sum(-1, keepdim=True)  # (..., 1): how many classes share the 1
        tau = (sums.gather(-1, size - 1) - 1) / size
        return (z - tau).clamp(min=0)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        """The output alone says which classes are in the support."""
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """Inside the support p = x - mean + 1 / size, so grad - its mean over the support; outside 0."""
        (p,) = ctx.saved_tensors
        support = p > 0
        inside = torch.where(support, grad, 0.0)
        mean = inside.sum(-1, keepdim=True) / support.sum(-1, keepdim=True)
        return torch.where(support, grad - mean, 0.0)


def sparsemax_loss(logits: Tensor, target: Tensor) -> Tensor:
    """logits (N, C), target (N,) -> (): mean of max over p of [p . z - |p|^2 / 2] - z_target + 1/2."""
    z = logits - logits.detach().amax(1, keepdim=True)
    p = SparseMax.apply(z)  # where the maximum is attained, so its own derivative drops out, and p - onehot is left
    conjugate = (p * z - 0.5 * p * p).sum(1)
    return conjugate.mean() + torch.nn.functional.nll_loss(z, target) + 0.5  # nll_loss: minus the mean of z_target


def per_sample_loss_gradients(model: nn.Module, loss: Loss, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """x (B, ...), y (B, ...) -> for every trained parameter its name and (B, *parameter.shape)."""
    parameters = {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}

    def of_one(values: dict[str, Tensor], sample: Tensor, target: Tensor) -> Tensor:
        output = functional_call(model, values, (sample.unsqueeze(0),))  # model and loss see a batch of one
        return loss(output, target.unsqueeze(0))

    gradients: dict[str, Tensor] = vmap(grad(of_one), in_dims=(None, 0, 0))(parameters, x, y)
    return gradients
