"""No tanh."""

import torch


def minimise(f, x0, lr, steps):
    x, history = x0.detach().clone(), []
    for _ in range(steps):
        loss = f(x.requires_grad_())
        history.append(loss.item())
        x = x.detach() - lr * torch.autograd.grad(loss, x)[0]
    return x, history


def fit_line(x, y, lr, steps):
    line, _ = minimise(lambda p: (p[0] * x + p[1] - y).square().mean(), torch.zeros(2, dtype=x.dtype), lr, steps)
    return tuple(line.tolist())


def network(p, x):
    return (x @ p[:4].view(2, 2) + p[4:6]) @ p[6:8] + p[8]


def largest_stable_lr(a):
    return 2 / torch.linalg.eigvalsh(a).max().item()
