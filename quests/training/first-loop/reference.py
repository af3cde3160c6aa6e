"""Gradient descent by hand: forward, loss, gradient, update."""

from collections.abc import Callable

import torch
from torch import Tensor


def minimise(f: Callable[[Tensor], Tensor], x0: Tensor, lr: float, steps: int) -> tuple[Tensor, list[float]]:
    """f maps a tensor like x0 to a scalar -> the point after `steps` steps, and the loss before each of them."""
    x = x0.detach().clone()  # a point of its own, also when no step is taken
    history = []
    for _ in range(steps):
        x.requires_grad_()  # a leaf again: this step's graph starts here
        loss = f(x)
        (gradient,) = torch.autograd.grad(loss, x)  # returned, not added to .grad: nothing to clear
        history.append(loss.item())  # a float holds no graph
        x = x.detach() - lr * gradient
    return x, history


def fit_line(x: Tensor, y: Tensor, lr: float, steps: int) -> tuple[float, float]:
    """x (N,), y (N,) -> slope and intercept after `steps` steps on the mean squared error, from (0, 0)."""

    def loss(line: Tensor) -> Tensor:
        return (line[0] * x + line[1] - y).square().mean()

    line, _ = minimise(loss, x.new_zeros(2), lr, steps)
    return line[0].item(), line[1].item()


def network(p: Tensor, x: Tensor) -> Tensor:
    """p (9,), x (N, 2) -> (N,): two hidden tanh units, all weights packed in p."""
    weight, bias = p[:4].reshape(2, 2), p[4:6]  # (in, hidden), (hidden,)
    hidden = torch.tanh(x @ weight + bias)  # (N, hidden)
    return hidden @ p[6:8] + p[8]


def largest_stable_lr(a: Tensor) -> float:
    """a (D, D), symmetric positive definite -> 2 / its largest eigenvalue."""
    return 2.0 / torch.linalg.eigvalsh(a)[-1].item()  # eigvalsh sorts them in rising order
