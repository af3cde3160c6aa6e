"""once_differentiable, and nothing else."""

import torch
from torch.autograd.function import once_differentiable


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * grad


class Exp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, grad):
        return ctx.saved_tensors[0] * grad


class Sinh(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x.exp() - (-x).exp()) / 2

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x.exp() + (-x).exp()) / 2


def sinh(x):
    return Sinh.apply(x)


class TanhOnce(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.tanh(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        return grad * (1 - ctx.saved_tensors[0] ** 2)


def gradient_penalty(critic, x):
    recording = torch.is_grad_enabled()
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        scores = critic(x)
        (slopes,) = torch.autograd.grad(scores, x, torch.ones_like(scores), create_graph=recording)
    squares = slopes.flatten(1).square().sum(1)
    zero = squares == 0
    lengths = squares.masked_fill(zero, 1.0).sqrt().masked_fill(zero, 0.0)
    return ((lengths - 1) ** 2).mean()
