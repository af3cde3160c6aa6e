"""Calls backward to get the gradient of x."""

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
        x = x.detach().clone().requires_grad_()
        critic(x).sum().backward(create_graph=recording)
    return ((torch.linalg.vector_norm(x.grad.flatten(1), dim=1) - 1) ** 2).mean()
