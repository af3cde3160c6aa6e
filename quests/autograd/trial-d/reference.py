"""Gradients on paper, and one training loop mended."""

import torch
from torch import Tensor


def huber_and_grads(pred: Tensor, target: Tensor, delta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean Huber loss, its gradient by pred (pred's shape) and by delta (shape ())."""
    error = pred - target
    size = error.abs()
    inside = size <= delta
    loss = torch.where(inside, 0.5 * error * error, delta * (size - 0.5 * delta)).mean()
    by_pred = torch.where(inside, error, delta * error.sign()) / error.numel()
    by_delta = torch.where(inside, 0.0, size - delta).mean()  # d/d delta of delta |e| - delta^2 / 2
    return loss, by_pred, by_delta


def softmax_jacobian(x: Tensor) -> Tensor:
    """(C,) -> (C, C): entry [i, j] is dp_i / dx_j = p_i (1[i = j] - p_j)."""
    p = torch.softmax(x, dim=0)
    return torch.diag(p) - torch.outer(p, p)


def fit_circle(points: Tensor, steps: int, lr: float) -> Tensor:
    """points (N, 2) -> (3,): centre and radius after `steps` of gradient descent on the mean squared distance to the circle."""
    points = points.detach()
    centre = points.mean(0)
    radius = (points - centre).norm(dim=1).mean()
    circle = torch.cat([centre, radius[None]])  # (3,): x, y, r
    for _ in range(steps):
        leaf = circle.detach().requires_grad_()  # a fresh leaf: no .grad from before, no graph behind it
        gaps = (points - leaf[:2]).norm(dim=1) - leaf[2]  # (N,)
        (gradient,) = torch.autograd.grad((gaps * gaps).mean(), leaf)
        circle = circle - lr * gradient
    return circle


def backprop_chain(ws: list[Tensor], x: Tensor, grad: Tensor) -> list[Tensor]:
    """Gradients by every W_i of the chain h_{i+1} = tanh(W_i h_i), h_0 = x, given that by its end."""
    states = [x]
    for w in ws:
        states.append(torch.tanh(w @ states[-1]))
    gradients = []
    for w, before, after in zip(reversed(ws), reversed(states[:-1]), reversed(states[1:]), strict=True):
        dz = grad * (1 - after * after)  # through tanh
        gradients.append(torch.outer(dz, before))  # z = W h
        grad = w.t() @ dz
    return gradients[::-1]
