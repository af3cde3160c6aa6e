"""No check of the groups."""

import math

import torch
from torch import nn
from torch.nn import functional as F


def pair(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    kh, kw = weight.shape[2:]
    if padding == "same":
        if (sh, sw) != (1, 1):
            raise ValueError("same padding with a stride")
        above, left = dh * (kh - 1) // 2, dw * (kw - 1) // 2
        x = F.pad(x, (left, dw * (kw - 1) - left, above, dh * (kh - 1) - above))
    elif padding != "valid":
        ph, pw = pair(padding)
        x = F.pad(x, (pw, pw, ph, ph))
    h = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1
    w = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
    columns = F.unfold(x, (kh, kw), dilation=(dh, dw), stride=(sh, sw))
    columns = columns.reshape(len(x), groups, x.shape[1] // groups * kh * kw, h * w)
    kernels = weight.reshape(groups, weight.shape[0] // groups, -1)
    y = kernels @ columns
    y = y.reshape(len(x), weight.shape[0], h, w)
    return y if bias is None else y + bias.view(1, -1, 1, 1)


class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True):
        super().__init__()
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"{groups} groups for {in_channels} channels and {out_channels} outputs")
        self.settings = (stride, padding, dilation, groups)
        kh, kw = pair(kernel_size)
        bound = 1 / math.sqrt(in_channels // groups * kh * kw)
        self.weight = nn.Parameter((torch.rand(out_channels, in_channels // groups, kh, kw) * 2 - 1) * bound)
        self.register_parameter("bias", nn.Parameter((torch.rand(out_channels) * 2 - 1) * bound) if bias else None)

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, *self.settings)


class SmallCNN(nn.Module):
    def __init__(self, in_channels, classes):
        super().__init__()
        self.first = Conv2d(in_channels, 16, 3, padding=1)
        self.second = Conv2d(16, 32, 3, padding=1)
        self.out = nn.Linear(32, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        x = F.max_pool2d(F.relu(self.second(x)), 2)
        return self.out(F.adaptive_avg_pool2d(x, 1).flatten(1))
