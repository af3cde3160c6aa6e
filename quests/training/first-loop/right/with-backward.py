"""Independent idiom: one leaf for the whole run, backward, an update in place under no_grad, .grad set to None."""

import torch


def minimise(f, x0, lr, steps):
    x = torch.empty_like(x0, requires_grad=True)
    with torch.no_grad():
        x.copy_(x0)
    history = []
    for _ in range(steps):
        loss = f(x)
        loss.backward()
        history.append(float(loss))
        with torch.no_grad():
            x.sub_(x.grad, alpha=lr)
        x.grad = None
    return x.detach(), history


def fit_line(x, y, lr, steps):
    slope = intercept = 0.0
    for _ in range(steps):  # the gradient written out: d/ds mean(e^2) = 2 mean(e x), d/di = 2 mean(e)
        error = slope * x + intercept - y
        slope, intercept = slope - 2 * lr * (error * x).mean().item(), intercept - 2 * lr * error.mean().item()
    return float(slope), float(intercept)


def network(p, x):
    first, second = (torch.tanh(x[:, 0] * p[i] + x[:, 1] * p[i + 2] + p[i + 4]) for i in (0, 1))
    return p[6] * first + p[7] * second + p[8]


def largest_stable_lr(a):
    return float(2 / torch.linalg.matrix_norm(a, ord=2))
