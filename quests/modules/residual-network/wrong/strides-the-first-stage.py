"""Halves the image at the start of every stage, the first included."""

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, plan, stride):
        super().__init__()
        for index, (before, after, kernel, step) in enumerate(plan, 1):
            layer = nn.Conv2d(before, after, kernel, stride=step, padding=(kernel - 1) // 2, bias=False)
            self.add_module(f"conv{index}", layer)
            self.add_module(f"norm{index}", nn.BatchNorm2d(after))
        self.depth, self.out_channels = len(plan), plan[-1][1]
        self.shortcut = nn.Sequential()
        if stride != 1 or plan[0][0] != self.out_channels:
            self.shortcut.append(nn.Conv2d(plan[0][0], self.out_channels, 1, stride=stride, bias=False))
            self.shortcut.append(nn.BatchNorm2d(self.out_channels))

    def forward(self, x):
        y = x
        for index in range(1, self.depth + 1):
            y = self.get_submodule(f"norm{index}")(self.get_submodule(f"conv{index}")(y))
            if index < self.depth:
                y = F.relu(y)
        y = y + self.shortcut(x)
        return F.relu(y)

    def last_norm(self):
        return self.get_submodule(f"norm{self.depth}")


class BasicBlock(Block):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__([(in_channels, out_channels, 3, stride), (out_channels, out_channels, 3, 1)], stride)


class Bottleneck(Block):
    def __init__(self, in_channels, width, stride=1, expansion=4):
        out = width * expansion
        super().__init__([(in_channels, width, 1, 1), (width, width, 3, stride), (width, out, 1, 1)], stride)


class Network(nn.Module):
    def __init__(self, stem, stages, head):
        super().__init__()
        self.stem, self.stages, self.head = stem, nn.ModuleList(stages), head

    def forward(self, x):
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


def build_resnet(block, layers, widths, in_channels, classes, zero_init=True):
    if len(layers) != len(widths):
        raise ValueError(f"layers {layers} and widths {widths} differ in length")
    first = widths[0]
    stem = nn.Sequential(
        nn.Conv2d(in_channels, first, 3, padding=1, bias=False), nn.BatchNorm2d(first), nn.ReLU(inplace=True)
    )
    stages, channels = [], first
    for depth, width in zip(layers, widths, strict=True):
        stage = nn.Sequential()
        for index in range(depth):
            stage.append(block(channels, width, 1 if index else 2))
            channels = stage[-1].out_channels
        stages.append(stage)
    network = Network(stem, stages, nn.Linear(channels, classes))
    if zero_init:
        with torch.no_grad():
            for part in network.modules():
                if isinstance(part, Block):
                    part.last_norm().weight.zero_()
    return network
