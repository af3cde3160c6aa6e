"""Bends before it normalises."""

import math

import torch
from base_classes import Module, Parameter, Sequential
from echoes.modules.normalisation import group_norm
from mlp import Linear, ReLU
from torch import Tensor


def windows(x: Tensor, size: int, stride: int) -> Tensor:
    return x.unfold(2, size, stride).unfold(3, size, stride)


class Conv2d(Module):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        bound = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = Parameter(torch.empty(shape).uniform_(-bound, bound))
        self.bias = Parameter(torch.empty(out_channels).uniform_(-bound, bound)) if bias else None
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding

    def forward(self, x: Tensor) -> Tensor:
        x = torch.constant_pad_nd(x, [self.padding] * 4)
        seen = windows(x, self.kernel_size, self.stride)
        y = torch.tensordot(seen, self.weight.data, dims=([1, 4, 5], [1, 2, 3]))  # (B, H', W', O)
        y = y if self.bias is None else y + self.bias.data
        return y.permute(0, 3, 1, 2)


class GroupNorm(Module):
    def __init__(self, groups: int, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight, self.bias = Parameter(torch.ones(channels)), Parameter(torch.zeros(channels))
        self.groups, self.eps = groups, eps

    def forward(self, x: Tensor) -> Tensor:
        return group_norm(x, self.groups, self.weight.data, self.bias.data, self.eps)


class MaxPool2d(Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return windows(x, self.size, self.size).amax((4, 5))


class Flatten(Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)


def cnn(classes: int = 10) -> Sequential:
    stages: list[Module] = []
    for before, after in ((1, 16), (16, 32)):
        stages += [Conv2d(before, after, 3, padding=1), ReLU(), GroupNorm(4, after), MaxPool2d(2)]
    return Sequential(*stages, Flatten(), Linear(128, classes))
