"""Independent idiom: everything through tanh and logaddexp, backward on a leaf of its own."""

import math

import torch


def sigmoid_and_slope(x):
    t = torch.tanh(x / 2)
    return 0.5 + 0.5 * t, 0.25 * (1 - t.square())


def tanh_and_slope(x):
    return torch.tanh(x), torch.cosh(x.clamp(-40, 40)).pow(-2)


def gaussian_and_slope(x, mu, sigma):
    x, mu, sigma = (torch.as_tensor(item, dtype=x.dtype) for item in (x, mu, sigma))
    away = x - mu
    density = torch.exp(-away.square() / (2 * sigma.square()) - torch.log(sigma) - 0.5 * math.log(2 * math.pi))
    return (
        density,
        -density * away / sigma.square(),
        density * away / sigma.square(),
        density * (away.square() / sigma.pow(3) - 1 / sigma),
    )


def rational_and_slope(x):
    u, v = x.square() - 1, x.square() + 1
    return u / v, (2 * x * v - u * 2 * x) / v.square()


def softplus_and_slope(x):
    return torch.logaddexp(x, torch.zeros_like(x)), sigmoid_and_slope(x)[0]


def compare(f, slope, x):
    with torch.enable_grad():
        leaf = torch.empty_like(x).copy_(x.detach()).requires_grad_()
        f(leaf).backward(torch.ones_like(leaf))
    x = x.detach()
    gaps = torch.cat([(slope(x) - leaf.grad).detach().abs().flatten(), x.new_zeros(1)])
    return gaps.amax()
