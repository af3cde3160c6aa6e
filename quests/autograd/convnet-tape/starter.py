"""Reverse mode with an explicit tape: forward writes down what it did, backward reads it from the end to the start.

What may stand on a tape, and with which inputs and saved values:

    conv2d         (x, w, b)   stride, padding      max_pool2d     (x,)        k
    linear         (x, w, b)                        flatten        (x,)
    relu           (x,)                             add            (a, b) of one shape
    cross_entropy  (logits,)   target
"""

from typing import Any

import torch
from torch import Tensor

Params = dict[str, Tensor]


class Tape:
    """What was run, in order."""

    def __init__(self, params: Params) -> None:
        raise NotImplementedError("Tape.__init__")

    def record(self, op: str, inputs: tuple[Tensor, ...], output: Tensor, **saved: Any) -> Tensor:
        """Note one operation of the table above and return its output. You may save more than the table asks for."""
        raise NotImplementedError("Tape.record")

    def ops(self) -> list[str]:
        """Names in the order of recording."""
        raise NotImplementedError("Tape.ops")

    def backward(self, loss: Tensor) -> Params:
        """Gradients of `loss` () by parameter name, for every name in params; zeros where the loss does not depend on it.

        A tensor that was used several times collects from all uses; a tensor with two names has its gradient under both.
        Records no autograd graph.
        """
        raise NotImplementedError("Tape.backward")


def conv2d_backward(grad: Tensor, x: Tensor, w: Tensor, stride: int, padding: int) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of y = conv2d(x, w, b, stride, padding), zero padding, when `grad` arrives for y.

    Args:
        grad: (B, O, P, Q) with P = (H + 2 padding - K) // stride + 1, Q alike
        x: (B, I, H, W)
        w: (O, I, K, L)

    Returns:
        dx (B, I, H, W), dw (O, I, K, L), db (O,); 0 for pixels that no window reaches
    """
    raise NotImplementedError("conv2d_backward")


def max_pool2d_backward(grad: Tensor, x: Tensor, k: int) -> Tensor:
    """Gradient of max pooling with windows of k x k that do not overlap (rows and columns left over are ignored).

    grad (B, C, H // k, W // k), x (B, C, H, W) -> dx (B, C, H, W). Among equals the first in row-major order gets it all.
    """
    raise NotImplementedError("max_pool2d_backward")


def forward(params: Params, x: Tensor, y: Tensor, tape: Tape, stride: int = 1, padding: int = 0, k: int = 2) -> Tensor:
    """A toy CNN: conv2d, relu, max_pool2d, flatten, linear, cross_entropy, all recorded. Records no autograd graph.

    Args:
        params: conv.w (O, I, K, L), conv.b (O,), out.w (C, N), out.b (C,)
        x: (B, I, H, W)
        y: (B,) int64, the right classes

    Returns:
        the mean cross-entropy, (); finite for logits of 1e4
    """
    raise NotImplementedError("forward")


def mlp(params: Params, x: Tensor, y: Tensor, tape: Tape) -> Tensor:
    """A toy MLP: h = relu(first(x)), twice h = h + relu(hidden(h)), then out(h) and the mean cross-entropy, all recorded.

    params: first.w (D, I), first.b, hidden.w (D, D), hidden.b, out.w (C, D), out.b; x (B, I), y (B,) int64 -> ().
    """
    raise NotImplementedError("mlp")


class TapedLoss(torch.autograd.Function):
    """Behind taped_loss: the whole network as one node for autograd. The only place where torch.autograd is allowed."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        """What you hand to apply -> the loss, ()."""
        raise NotImplementedError("TapedLoss.forward")

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """grad () -> one gradient for each argument of apply."""
        raise NotImplementedError("TapedLoss.backward")


def taped_loss(params: Params, x: Tensor, y: Tensor) -> Tensor:
    """The loss of forward (with its defaults) as a tensor: its backward() fills .grad of the params that require grad."""
    raise NotImplementedError("taped_loss")
