"""Promotion trial: an operator, a loss on top of it, and its gradient for every sample."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


class SparseMax(torch.autograd.Function):
    """SparseMax.apply(x): the projection of every row x (..., C) onto the simplex, p = max(x - tau, 0) with sum 1.

    Any number of leading dimensions, C >= 1, any strides; entries near +-1e4; single entries may be -inf, and get 0.
    Works under torch.func.vmap and grad. A second derivative is right or raises RuntimeError.
    """

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        """x (..., C) -> p (..., C)."""
        raise NotImplementedError("SparseMax")

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        """What backward will need; at most 1.3 times the bytes of the output."""
        raise NotImplementedError("SparseMax")

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        """grad (..., C) -> (..., C)."""
        raise NotImplementedError("SparseMax")


def sparsemax_loss(logits: Tensor, target: Tensor) -> Tensor:
    """logits (N, C), target (N,) int64 -> (): the mean over the rows of a convex loss with gradient p - onehot.

    For a row z with target t and p = SparseMax(z): L = p . z - |p|^2 / 2 - z_t + 1/2. A second derivative is right or raises.
    """
    raise NotImplementedError("sparsemax_loss")


def per_sample_loss_gradients(
    model: nn.Module, loss: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor
) -> dict[str, Tensor]:
    """The gradient of every sample's own loss, all samples at once.

    Args:
        model: maps (B, ...) to (B, ...), each sample by itself, nothing random in it; it is left as it is, .grad included
        loss: loss(output, target) -> the mean over the batch that it is given
        x: (B, ...), B >= 1
        y: (B, ...)

    Returns:
        name -> (B, *parameter.shape) for each of model.named_parameters() that requires grad; no graph attached
    """
    raise NotImplementedError("per_sample_loss_gradients")
