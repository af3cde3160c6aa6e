"""A product for each position of the kernel; norms and pooling through reshapes."""

import torch
from base_classes import Module, Parameter, Sequential
from mlp import Linear, ReLU


class Conv2d(Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        bound = (in_channels * kernel_size * kernel_size) ** -0.5
        draw = torch.rand(out_channels, in_channels, kernel_size, kernel_size)
        self.weight = Parameter((2 * draw - 1) * bound)
        self.bias = Parameter((2 * torch.rand(out_channels) - 1) * bound) if bias else None
        self.stride, self.padding = stride, padding

    def forward(self, x):
        weight, p, s = self.weight.data, self.padding, self.stride
        size = weight.shape[2]
        wide = x.new_zeros(len(x), x.shape[1], x.shape[2] + 2 * p, x.shape[3] + 2 * p)
        wide[:, :, p : p + x.shape[2], p : p + x.shape[3]] = x
        high, broad = ((n - size) // s + 1 for n in wide.shape[2:])
        y = 0
        for i in range(size):
            for j in range(size):
                part = wide[:, :, i : i + s * (high - 1) + 1 : s, j : j + s * (broad - 1) + 1 : s]
                y = y + (weight[:, :, i, j] @ part.flatten(2)).unflatten(2, (high, broad))
        return y if self.bias is None else y + self.bias.data[:, None, None]


class GroupNorm(Module):
    def __init__(self, groups, channels, eps=1e-5):
        super().__init__()
        self.weight, self.bias = Parameter(torch.ones(channels)), Parameter(torch.zeros(channels))
        self.groups, self.eps = groups, eps

    def forward(self, x):
        rows = x.reshape(len(x), self.groups, -1)
        rows = rows - rows.mean(2, keepdim=True)
        rows = rows / (rows.var(2, correction=0, keepdim=True) + self.eps).sqrt()
        return rows.reshape(x.shape) * self.weight.data[:, None, None] + self.bias.data[:, None, None]


class MaxPool2d(Module):
    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        s = self.size
        high, broad = x.shape[2] // s, x.shape[3] // s
        x = x[:, :, : high * s, : broad * s]
        return x.reshape(*x.shape[:2], high, s, broad, s).amax(5).amax(3)


class Flatten(Module):
    def forward(self, x):
        return x.reshape(len(x), x.shape[1:].numel())


def cnn(classes=10):
    first = (Conv2d(1, 16, 3, padding=1), GroupNorm(4, 16), ReLU(), MaxPool2d(2))
    second = (Conv2d(16, 32, 3, padding=1), GroupNorm(4, 32), ReLU(), MaxPool2d(2))
    return Sequential(*first, *second, Flatten(), Linear(32 * 2 * 2, classes))
