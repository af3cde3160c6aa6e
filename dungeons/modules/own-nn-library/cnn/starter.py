"""Convolution as one product over all windows, group normalisation, pooling, and a network of them for small images."""

from base_classes import Module, Sequential
from torch import Tensor


class Conv2d(Module):
    """Parameters weight (O, C, k, k) and bias (O,) or None; numbers start uniform within 1 / sqrt(C k k)."""

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
        raise NotImplementedError("Conv2d.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> (B, O, H', W') with H' = (H + 2 padding - k) // stride + 1; zeros around x; no flip."""
        raise NotImplementedError("Conv2d.forward")


class GroupNorm(Module):
    """Parameters weight (C,), from ones, and bias (C,), from zeros."""

    def __init__(self, groups: int, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        raise NotImplementedError("GroupNorm.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W): neighbouring C / groups channels of one sample to mean 0, variance 1; times weight, plus bias."""
        raise NotImplementedError("GroupNorm.forward")


class MaxPool2d(Module):
    """The largest number of each size x size window; windows lie side by side, those that would stick out are left out."""

    def __init__(self, size: int) -> None:
        super().__init__()
        raise NotImplementedError("MaxPool2d.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> (B, C, H // size, W // size)."""
        raise NotImplementedError("MaxPool2d.forward")


class Flatten(Module):
    def forward(self, x: Tensor) -> Tensor:
        """x (B, ...) -> (B, all that belongs to a sample)."""
        raise NotImplementedError("Flatten.forward")


def cnn(classes: int = 10) -> Sequential:
    """For images (B, 1, 8, 8). Twice: Conv2d of 3 x 3 with padding 1, GroupNorm of 4 groups, ReLU, MaxPool2d(2).

    The convolutions have 16 and 32 channels. Then Flatten and Linear: ten parts, "0" to "9", in one Sequential.
    """
    raise NotImplementedError("cnn")
