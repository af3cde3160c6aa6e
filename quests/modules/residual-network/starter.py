"""A residual network from a specification."""

from torch import Tensor, nn


class BasicBlock(nn.Module):
    """relu(norm2(conv2(relu(norm1(conv1(x))))) + shortcut(x)), with 3x3 convolutions; conv1 has the stride.

    Convolutions have no bias, norms are BatchNorm2d. `shortcut` is nn.Identity() where the shape is unchanged, else
    nn.Sequential(1x1 convolution with the stride, norm).
    """

    out_channels: int

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        raise NotImplementedError("BasicBlock.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, H, W) -> (B, out_channels, ceil(H / stride), ceil(W / stride))."""
        raise NotImplementedError("BasicBlock.forward")


class Bottleneck(nn.Module):
    """conv1 1x1 to width, conv2 3x3 with the stride, conv3 1x1 to width * expansion; norm1 .. norm3; shortcut as above."""

    out_channels: int

    def __init__(self, in_channels: int, width: int, stride: int = 1, expansion: int = 4) -> None:
        super().__init__()
        raise NotImplementedError("Bottleneck.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, H, W) -> (B, width * expansion, ceil(H / stride), ceil(W / stride))."""
        raise NotImplementedError("Bottleneck.forward")


def build_resnet(
    block: type[nn.Module],
    layers: list[int],
    widths: list[int],
    in_channels: int,
    classes: int,
    zero_init: bool = True,
) -> nn.Module:
    """A network of `block`s: stem, stages, average over all positions, head.

    Args:
        block: BasicBlock or Bottleneck, called as block(channels, width, stride).
        layers: the number of blocks of each stage; another length than that of `widths` raises ValueError.
        widths: the width of each stage; the stem has widths[0].
        in_channels: channels of the image.
        classes: outputs of the head.
        zero_init: whether the weight of each block's last norm starts at 0 instead of 1.

    Returns:
        A module with `stem` (convolution, norm, relu), `stages` (ModuleList of Sequential) and `head` (Linear).
    """
    raise NotImplementedError("build_resnet")
