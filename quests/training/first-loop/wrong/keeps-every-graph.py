"""Turns the losses into floats only at the end."""

import torch


def minimise(f, x0, lr, steps):
    x, losses = x0.detach().clone(), []
    for _ in range(steps):
        x = x.detach().requires_grad_()
        losses.append(f(x))
        (gradient,) = torch.autograd.grad(losses[-1], x, retain_graph=True)
        x = x.detach() - lr * gradient
    return x, [loss.item() for loss in losses]


def fit_line(x, y, lr, steps):
    line, _ = minimise(lambda p: (p[0] * x + p[1] - y).square().mean(), torch.zeros(2, dtype=x.dtype), lr, steps)
    return tuple(line.tolist())


def network(p, x):
    return torch.tanh(x @ p[:4].view(2, 2) + p[4:6]) @ p[6:8] + p[8]


def largest_stable_lr(a):
    return 2 / torch.linalg.eigvalsh(a).max().item()
