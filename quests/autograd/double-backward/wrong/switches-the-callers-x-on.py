"""Makes the caller's x require grad."""

import torch


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


class Stop(torch.autograd.Function):
    @staticmethod
    def forward(ctx, slope, y):
        return slope.clone()

    @staticmethod
    def backward(ctx, grad):
        raise RuntimeError("no second derivative of TanhOnce")


class TanhOnce(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.tanh(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, grad):
        (y,) = ctx.saved_tensors
        return Stop.apply(grad * (1 - y**2), y)


def gradient_penalty(critic, x):
    recording = torch.is_grad_enabled()
    with torch.enable_grad():
        x.requires_grad_()
        scores = critic(x)
        (slopes,) = torch.autograd.grad(scores, x, torch.ones_like(scores), create_graph=recording)
    squares = slopes.flatten(1).square().sum(1)
    zero = squares == 0
    lengths = squares.masked_fill(zero, 1.0).sqrt().masked_fill(zero, 0.0)
    return ((lengths - 1) ** 2).mean()
