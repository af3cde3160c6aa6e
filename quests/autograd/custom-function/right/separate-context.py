"""Independent idiom: setup_context, and all powers at once in a Vandermonde matrix."""

import torch


class Legendre3(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return 2.5 * x.pow(3) - 1.5 * x

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad):
        return (7.5 * ctx.saved_tensors[0].square() - 1.5) * grad


class Polynomial(torch.autograd.Function):
    @staticmethod
    def forward(x, coefficients):
        return powers(x, len(coefficients)) @ coefficients

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad):
        x, coefficients = ctx.saved_tensors
        count = len(coefficients)
        for_x = for_coefficients = None
        if ctx.needs_input_grad[0]:
            degrees = torch.arange(1, count, dtype=x.dtype)
            for_x = grad * (powers(x, count - 1) @ (degrees * coefficients[1:]))
        if ctx.needs_input_grad[1]:
            for_coefficients = grad.reshape(-1) @ powers(x, count).reshape(-1, count)
        return for_x, for_coefficients


def powers(x, count):
    """x (...) -> (..., count): x^0 to x^(count - 1)."""
    return x.unsqueeze(-1) ** torch.arange(count, dtype=x.dtype)


def fit_sine(xs, steps, lr, seed):
    generator = torch.Generator().manual_seed(seed)
    start = torch.tensor([0.0, -1.0, 0.0, 0.3]) + 0.05 * torch.randn(4, generator=generator)
    p = start.to(xs.dtype).requires_grad_()
    for _ in range(steps):
        loss = (p[0] + p[1] * Legendre3.apply(p[2] + p[3] * xs) - xs.sin()).square().mean()
        loss.backward()
        with torch.no_grad():
            p -= lr * p.grad
            p.grad = None
    return p.detach()
