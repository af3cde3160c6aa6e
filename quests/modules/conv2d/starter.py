"""Two-dimensional convolution from matrix products, the layer, and a small CNN."""

from torch import Tensor, nn

Size = int | tuple[int, int]


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate x (B, C, H, W) with weight (O, C / groups, kh, kw); pairs are (vertical, horizontal).

    `padding` adds that many zeros on both sides; "valid" is 0; "same" keeps H and W (an odd zero goes to the end).

    Returns:
        (B, O, H', W').

    Raises:
        ValueError: "same" with a stride other than 1; groups that do not divide C and O.
    """
    raise NotImplementedError("conv2d")


class Conv2d(nn.Module):
    """Parameters `weight` (O, C / groups, kh, kw) and `bias` (O,) or None, uniform in +-1 / sqrt(C / groups * kh * kw)."""

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
        raise NotImplementedError("Conv2d.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> (B, O, H', W')."""
        raise NotImplementedError("Conv2d.forward")


class SmallCNN(nn.Module):
    """Conv2d (3 x 3, padding 1, 16 channels), relu, 2 x 2 max-pooling; the same with 32; mean over H and W; linear."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        raise NotImplementedError("SmallCNN.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W), H and W at least 8 -> (B, classes)."""
        raise NotImplementedError("SmallCNN.forward")
