"""Residual networks after He et al., Deep Residual Learning for Image Recognition (arXiv 1512.03385), stride on the 3x3."""

import torch
from torch import Tensor, nn


def conv(in_channels: int, out_channels: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """Keeps the size at stride 1, and ceil(size / 2) at stride 2; the norm that follows has the bias."""
    return nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias=False)


def shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """The input itself where the shape allows it, else a 1x1 convolution and a norm."""
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return nn.Sequential(conv(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.conv1 = conv(in_channels, out_channels, 3, stride)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = conv(out_channels, out_channels, 3)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.shortcut = shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in, H, W) -> (B, out, ceil(H / stride), ceil(W / stride))."""
        y = torch.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))  # no relu: a branch must be able to subtract
        return torch.relu(y + self.shortcut(x))


class Bottleneck(nn.Module):
    """1x1 down to `width`, 3x3 there, 1x1 up to width * expansion, and a shortcut."""

    def __init__(self, in_channels: int, width: int, stride: int = 1, expansion: int = 4) -> None:
        super().__init__()
        self.out_channels = width * expansion
        self.conv1 = conv(in_channels, width, 1)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = conv(
            width, width, 3, stride
        )  # strided here: a strided 1x1 never reads three quarters of its input
        self.norm2 = nn.BatchNorm2d(width)
        self.conv3 = conv(width, self.out_channels, 1)
        self.norm3 = nn.BatchNorm2d(self.out_channels)
        self.shortcut = shortcut(in_channels, self.out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in, H, W) -> (B, width * expansion, ceil(H / stride), ceil(W / stride))."""
        y = torch.relu(self.norm1(self.conv1(x)))
        y = torch.relu(self.norm2(self.conv2(y)))
        y = self.norm3(self.conv3(y))
        return torch.relu(y + self.shortcut(x))


class ResNet(nn.Module):
    """A stem, stages of blocks, an average over all positions, a linear head."""

    def __init__(
        self, block: type[nn.Module], layers: list[int], widths: list[int], in_channels: int, classes: int
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv(in_channels, widths[0], 3), nn.BatchNorm2d(widths[0]), nn.ReLU())
        channels = widths[0]
        self.stages = nn.ModuleList()
        for stage, (depth, width) in enumerate(zip(layers, widths, strict=True)):
            blocks = []
            for index in range(depth):
                stride = 2 if stage > 0 and index == 0 else 1  # every stage but the first halves the image
                blocks.append(block(channels, width, stride))
                channels = blocks[-1].out_channels
            self.stages.append(nn.Sequential(*blocks))
        self.head = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, H, W) -> (B, classes)."""
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.head(x.mean((2, 3)))  # whatever H and W are left


def build_resnet(
    block: type[nn.Module],
    layers: list[int],
    widths: list[int],
    in_channels: int,
    classes: int,
    zero_init: bool = True,
) -> nn.Module:
    """A residual network with layers[i] blocks of width widths[i] in stage i."""
    if len(layers) != len(widths):
        raise ValueError(f"{len(layers)} stages have layers, {len(widths)} have widths")
    network = ResNet(block, layers, widths, in_channels, classes)
    if zero_init:
        for part in network.modules():
            if isinstance(part, BasicBlock | Bottleneck):
                last = part.norm2 if isinstance(part, BasicBlock) else part.norm3
                nn.init.zeros_(
                    last.weight
                )  # every branch starts as nothing: the network is as shallow as its shortcuts
    return network
