"""A stable log-sum-exp as an autograd Function. See the brief for infinities, half precision and torch.func."""

from typing import Any

import torch
from torch import Tensor


class LogSumExp(torch.autograd.Function):
    """apply(x, dim, keepdim): log(sum(exp(x))) along dim, as one node of the tape."""

    @staticmethod
    def forward(x: Tensor, dim: int, keepdim: bool) -> Tensor:
        """x (..., N, ...) -> (..., 1, ...) with keepdim, else (..., ...); in the dtype of x, reduced in float32 at least."""
        raise NotImplementedError("LogSumExp.forward")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, int, bool], output: Tensor) -> None:
        """Save what backward needs, and not more than x and the result."""
        raise NotImplementedError("LogSumExp.setup_context")

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, None, None]:
        """grad has the shape of the output; returns the gradient of x, and None for dim and keepdim."""
        raise NotImplementedError("LogSumExp.backward")


def logsumexp(x: Tensor, dim: int = -1, keepdim: bool = False) -> Tensor:
    """log(sum(exp(x))) along dim, any shape and dtype of floating point.

    Args:
        x: (..., N, ...) with N >= 0 along dim; entries may be +-inf
        dim: may be negative
        keepdim: whether the reduced dimension stays, with size 1
    """
    raise NotImplementedError("logsumexp")


def tape(root: Tensor) -> dict[str, int]:
    """Count the nodes that backward from `root` would visit, by `type(node).__name__`, each node once.

    AccumulateGrad nodes count too; a root without grad_fn gives an empty dict.
    """
    raise NotImplementedError("tape")
