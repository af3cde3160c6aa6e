"""Random weights on the outputs: one backward and one slope of u . f for each input element, instead of whole Jacobians."""

import math

import torch


@torch.no_grad()
def numerical_jacobian(f, x, eps):
    x = x.detach()
    result = f(x)
    jacobian = x.new_zeros(result.numel(), x.numel())
    for n in range(x.numel()):
        index = tuple(int(i) for i in torch.unravel_index(torch.tensor(n), x.shape))
        ends = []
        for sign in (1, -1):
            moved = x.clone()
            moved[index] += sign * eps
            ends.append((f(moved).flatten(), moved[index]))
        jacobian[:, n] = (ends[0][0] - ends[1][0]) / (ends[0][1] - ends[1][1])
    return jacobian


@torch.no_grad()
def numerical_directional(f, x, v, eps):
    return (f(x + eps * v) - f(x - eps * v)) / (2 * eps)


def check_gradients(f, inputs, eps=None, rtol=1e-4):
    report = {"ok": True, "worst": 0.0, "input": -1, "index": ()}
    for k, x in enumerate(inputs):
        if not x.is_floating_point() or x.numel() == 0:
            continue
        leaf = x.detach().clone().requires_grad_()

        def alone(value, k=k):
            return f(*[value if i == k else each.detach() for i, each in enumerate(inputs)])

        with torch.enable_grad():
            output = alone(leaf)
            u = 0.5 + torch.rand(output.shape, generator=torch.Generator().manual_seed(k), dtype=output.dtype)
            gradient = torch.zeros_like(leaf).detach()
            if output.requires_grad:
                (gradient,) = torch.autograd.grad(output, leaf, u, materialize_grads=True)
        accuracy = torch.finfo(x.dtype).eps
        step = eps or accuracy ** (1 / 3) * max(1.0, float(x.abs().max()))
        numeric = numerical_jacobian(lambda value, alone=alone, u=u: (alone(value) * u).sum(), leaf, step).reshape(
            x.shape
        )
        noise = 8 * accuracy * float((output * u).detach().abs().sum()) / step
        error = ((gradient - numeric).abs() - noise).clamp(min=0) / numeric.abs().max().clamp(min=1e-30)
        error[~error.isfinite()] = math.inf
        worst = float(error.max())
        if worst >= report["worst"]:
            index = tuple(int(i) for i in torch.unravel_index(error.argmax(), x.shape))
            report = {"ok": worst <= rtol, "worst": worst, "input": k, "index": index}
    return report
