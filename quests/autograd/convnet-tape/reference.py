"""Reverse mode with an explicit tape: forward writes down what it did, backward reads it from the end to the start."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

Params = dict[str, Tensor]


@dataclass
class Entry:
    """One operation that was run."""

    op: str
    inputs: tuple[Tensor, ...]
    output: Tensor
    saved: dict[str, Any]


class Tape:
    """What was run, in order. Tensors are told apart by identity; the tape holds them, so no id is used twice."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self.entries: list[Entry] = []

    def record(self, op: str, inputs: tuple[Tensor, ...], output: Tensor, **saved: Any) -> Tensor:
        """Note one operation and return its output."""
        self.entries.append(Entry(op, inputs, output, saved))
        return output

    def ops(self) -> list[str]:
        """Names in the order of recording."""
        return [entry.op for entry in self.entries]

    @torch.no_grad()
    def backward(self, loss: Tensor) -> Params:
        """Gradients of `loss` () by parameter name; zeros for a parameter that it does not depend on."""
        gradients = {id(loss): torch.ones_like(loss)}
        for entry in reversed(self.entries):
            arrived = gradients.get(id(entry.output))  # complete: whoever used this output stands later on the tape
            if arrived is None:
                continue
            for tensor, gradient in zip(entry.inputs, RULES[entry.op](arrived, entry), strict=True):
                known = gradients.get(id(tensor))
                gradients[id(tensor)] = gradient if known is None else known + gradient
        return {name: gradients.get(id(value), torch.zeros_like(value)) for name, value in self.params.items()}


def conv2d_backward(grad: Tensor, x: Tensor, w: Tensor, stride: int, padding: int) -> tuple[Tensor, Tensor, Tensor]:
    """grad (B, O, P, Q), x (B, I, H, W), w (O, I, K, L) -> dx, dw, db (O,).

    y[b, o, p, q] = sum over i, k, l of w[o, i, k, l] x[b, i, p s + k, q s + l]: for one place (k, l) of the kernel that is
    a matrix product of w[:, :, k, l] with every s-th pixel of x, so backward is one, too. x is padded first.
    """
    *_, p, q = grad.shape
    padded = F.pad(x, [padding] * 4)
    dx, dw = torch.zeros_like(padded), torch.empty_like(w)
    for k in range(w.shape[2]):
        for l in range(w.shape[3]):
            rows, columns = slice(k, k + stride * (p - 1) + 1, stride), slice(l, l + stride * (q - 1) + 1, stride)
            seen = padded[:, :, rows, columns]  # (B, I, P, Q), the pixels that w[:, :, k, l] looked at
            dw[:, :, k, l] = torch.einsum("bopq,bipq->oi", grad, seen)
            dx[:, :, rows, columns] += torch.einsum("bopq,oi->bipq", grad, w[:, :, k, l])
    height, width = x.shape[2:]
    return dx[:, :, padding : padding + height, padding : padding + width], dw, grad.sum((0, 2, 3))


def max_pool2d_backward(grad: Tensor, x: Tensor, k: int) -> Tensor:
    """grad (B, C, P, Q), x (B, C, H, W) -> dx: all of a window's gradient to the first of its largest elements."""
    b, c, p, q = grad.shape
    dx = torch.zeros_like(x)  # rows and columns beyond the last whole window keep their 0
    windows = x[:, :, : p * k, : q * k].reshape(b, c, p, k, q, k).transpose(3, 4).reshape(b, c, p, q, k * k)
    winner = windows.argmax(-1, keepdim=True)  # the first one of equals, in row-major order
    spread = torch.zeros_like(windows).scatter_(-1, winner, grad.unsqueeze(-1))  # (B, C, P, Q, k k)
    spread = spread.reshape(b, c, p, q, k, k).transpose(3, 4)  # (B, C, P, k, Q, k)
    dx[:, :, : p * k, : q * k] = spread.reshape(b, c, p * k, q * k)
    return dx


def linear_rule(grad: Tensor, entry: Entry) -> tuple[Tensor, ...]:
    """y = x w^T + b with x (N, I), w (O, I), b (O,); grad (N, O)."""
    x, w, _ = entry.inputs
    return grad @ w, grad.mT @ x, grad.sum(0)


def cross_entropy_rule(grad: Tensor, entry: Entry) -> tuple[Tensor, ...]:
    """Mean over N of logsumexp(logits) - logits[target]: softmax minus one-hot, over N."""
    (logits,), target = entry.inputs, entry.saved["target"]
    slope = logits.softmax(1)  # (N, C)
    slope[torch.arange(len(target)), target] -= 1
    return (grad * slope / len(target),)


RULES: dict[str, Callable[[Tensor, Entry], tuple[Tensor, ...]]] = {
    "conv2d": lambda grad, e: conv2d_backward(grad, *e.inputs[:2], e.saved["stride"], e.saved["padding"]),
    "relu": lambda grad, e: (grad * (e.output > 0),),
    "max_pool2d": lambda grad, e: (max_pool2d_backward(grad, *e.inputs, e.saved["k"]),),
    "flatten": lambda grad, e: (grad.reshape(e.inputs[0].shape),),
    "linear": linear_rule,
    "add": lambda grad, e: (grad, grad),
    "cross_entropy": cross_entropy_rule,
}


def relu(tape: Tape, x: Tensor) -> Tensor:
    """x (...) -> (...)."""
    return tape.record("relu", (x,), x.clamp(min=0))


def linear(tape: Tape, params: Params, name: str, x: Tensor) -> Tensor:
    """x (N, I) -> (N, O)."""
    w, b = params[f"{name}.w"], params[f"{name}.b"]
    return tape.record("linear", (x, w, b), x @ w.mT + b)


def cross_entropy(tape: Tape, logits: Tensor, target: Tensor) -> Tensor:
    """logits (N, C), target (N,) int64 -> (); logsumexp takes the maximum out first, so logits of 1e4 are fine."""
    picked = logits[torch.arange(len(target)), target]  # (N,)
    return tape.record("cross_entropy", (logits,), (logits.logsumexp(1) - picked).mean(), target=target)


@torch.no_grad()
def forward(params: Params, x: Tensor, y: Tensor, tape: Tape, stride: int = 1, padding: int = 0, k: int = 2) -> Tensor:
    """x (B, I, H, W), y (B,) -> loss (): conv2d, relu, max_pool2d, flatten, linear, cross_entropy."""
    w, b = params["conv.w"], params["conv.b"]
    h = tape.record("conv2d", (x, w, b), F.conv2d(x, w, b, stride, padding), stride=stride, padding=padding)
    h = relu(tape, h)
    h = tape.record("max_pool2d", (h,), F.max_pool2d(h, k), k=k)
    h = tape.record("flatten", (h,), h.flatten(1))
    return cross_entropy(tape, linear(tape, params, "out", h), y)


@torch.no_grad()
def mlp(params: Params, x: Tensor, y: Tensor, tape: Tape) -> Tensor:
    """x (B, I), y (B,) -> loss (): a first layer, twice h + relu(hidden(h)) with the same parameters, an output layer."""
    h = relu(tape, linear(tape, params, "first", x))
    for _ in range(2):
        step = relu(tape, linear(tape, params, "hidden", h))
        h = tape.record("add", (h, step), h + step)
    return cross_entropy(tape, linear(tape, params, "out", h), y)


class TapedLoss(torch.autograd.Function):
    """The whole network as one node for autograd: the tape has already done the work."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        """names, x, y, values -> the loss (); its gradients are worked out on the spot, so that the tape can go."""
        names, x, y, *values = inputs
        params = dict(zip(names, values, strict=True))
        tape = Tape(params)
        loss = forward(params, x, y, tape)
        ctx.save_for_backward(*tape.backward(loss).values())
        return loss

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Nothing for names, x and y; grad times what the tape found for each parameter."""
        return None, None, None, *(grad * found for found in ctx.saved_tensors)


def taped_loss(params: Params, x: Tensor, y: Tensor) -> Tensor:
    """forward's loss as a tensor whose backward() fills the .grad of the parameters, by way of the tape."""
    return TapedLoss.apply(tuple(params), x, y, *params.values())
