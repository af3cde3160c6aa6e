"""sigmoid from its textbook formula."""

import math

import torch


def relu(x):
    return x.masked_fill(x <= 0, 0)


def leaky_relu(x, slope=0.01):
    return torch.where(x > 0, x, x * slope)


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


def tanh(x):
    e = torch.expm1((2 * x).clamp(max=40))
    return e / (e + 2)


def elu(x, alpha=1.0):
    return torch.where(x > 0, x, alpha * torch.expm1(torch.where(x > 0, 0, x)))


def softplus(x, beta=1.0):
    z = beta * x
    return torch.where(z > 20, z, torch.log1p(torch.exp(z.clamp(max=20)))) / beta


def silu(x):
    return x * sigmoid(x)


def gelu(x, approximate="none"):
    if approximate == "none":
        return 0.5 * x * torch.special.erfc(-x * 0.5**0.5)
    u = (2 / math.pi) ** 0.5 * (x + 0.044715 * x.pow(3))
    return x * sigmoid(2 * u)


def hardswish(x):
    return x * (x.clamp(-3, 3) + 3) / 6


def mish(x):
    e = torch.exp(x.clamp(max=20))
    n = e * (e + 2)
    return x * n / (n + 2)


def glu(x):
    if x.shape[-1] % 2 == 1:
        raise ValueError(f"odd width {x.shape[-1]}")
    a, b = x.tensor_split(2, dim=-1)
    return a * sigmoid(b)
