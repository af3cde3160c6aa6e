"""Convolution as one matrix product over all windows (im2col), after Chellapilla et al., 2006, and a small CNN on top."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Size = int | tuple[int, int]


def pair(value: Size) -> tuple[int, int]:
    """3 -> (3, 3)."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def margins(padding: Size | str, reach: tuple[int, int], stride: tuple[int, int]) -> tuple[int, int, int, int]:
    """(left, right, top, bottom), the order of F.pad: the last dimension comes first."""
    if padding == "valid":
        padding = 0
    if padding == "same":
        if stride != (1, 1):
            raise ValueError(f"padding='same' needs stride 1, got {stride}")
        height, width = reach[0] - 1, reach[1] - 1  # what a window covers beyond one position
        return width // 2, width - width // 2, height // 2, height - height // 2  # an odd one goes to the end
    height, width = pair(padding)
    return width, width, height, height


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """x (B, C, H, W), weight (O, C / groups, kh, kw) -> (B, O, H', W')."""
    batch, channels, _, _ = x.shape
    outputs, depth, kh, kw = weight.shape
    if channels % groups or outputs % groups:
        raise ValueError(f"{groups} groups do not divide {channels} channels and {outputs} outputs")
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    reach = dh * (kh - 1) + 1, dw * (kw - 1) + 1
    x = F.pad(x, margins(padding, reach, (sh, sw)))
    windows = x.unfold(2, reach[0], sh).unfold(3, reach[1], sw)[..., ::dh, ::dw]  # (B, C, H', W', kh, kw), still a view
    h, w = windows.shape[2:4]
    columns = windows.permute(0, 1, 4, 5, 2, 3).reshape(batch, groups, depth * kh * kw, h * w)  # the one copy
    kernels = weight.reshape(groups, outputs // groups, depth * kh * kw)
    y = (kernels @ columns).reshape(batch, outputs, h, w)  # (B, g, O/g, H' W'): each group sees its own channels
    return y if bias is None else y + bias[:, None, None]


class Conv2d(nn.Module):
    """Weight and bias for conv2d, uniform within 1 / sqrt(numbers that one output sums over)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"{groups} groups do not divide {in_channels} and {out_channels} channels")
        shape = (out_channels, in_channels // groups, *pair(kernel_size))
        bound = 1 / math.sqrt(math.prod(shape[1:]))
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-bound, bound)) if bias else None
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> (B, O, H', W')."""
        return conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class SmallCNN(nn.Module):
    """Two stages of convolution, relu and pooling; the average over what is left; a linear layer."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.stages = nn.Sequential(
            Conv2d(in_channels, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.head = nn.Linear(32, classes)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W), H and W at least 8 -> (B, classes)."""
        return self.head(self.stages(x).mean((2, 3)))  # (B, 32, H / 4, W / 4) -> (B, 32): any size fits
