"""Enlarges by a transposed convolution."""

import math

import torch
from torch import nn


def norm_of(kind, width):
    if kind == "group":
        return nn.GroupNorm(math.gcd(8, width), width)
    if kind == "batch":
        return nn.BatchNorm2d(width)
    raise ValueError(f"unknown norm {kind}")


def stage(before, width, kind):
    layers = nn.Sequential()
    for channels in (before, width):
        layers.append(nn.Conv2d(channels, width, (3, 3), padding="same", bias=False))
        layers.append(norm_of(kind, width))
        layers.append(nn.ReLU(inplace=True))
    return layers


class UNet(nn.Module):
    def __init__(self, in_channels, out_channels, widths, norm="group"):
        super().__init__()
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        before = in_channels
        for level, width in enumerate(widths):
            self.down.append(stage(before, width, norm))
            if level + 1 < len(widths):
                self.up.append(stage(width + widths[level + 1], width, norm))
            before = width
        self.grow = nn.ModuleList(nn.ConvTranspose2d(below, below, 2, stride=2) for below in widths[1:])
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.head = nn.Conv2d(widths[0], out_channels, 1)

    def forward(self, x):
        return self.head(self.level(x, 0))

    def level(self, x, i):
        x = self.down[i](x)
        if i == len(self.up):
            return x
        height, width = x.shape[-2:]
        below = self.level(self.pool(x), i + 1)
        below = self.grow[i](below)[..., :height, :width]
        return self.up[i](torch.cat((x, below), dim=1))
