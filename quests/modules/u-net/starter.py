"""An encoder-decoder with skip connections."""

from torch import Tensor, nn


class UNet(nn.Module):
    """Stages down, stages up, a skip at every level.

    A stage is nn.Sequential(3x3 convolution, norm, relu, 3x3 convolution, norm, relu) with padding 1 and no bias; norm
    "group" is GroupNorm with gcd(8, width) groups, "batch" is BatchNorm2d, another raises ValueError.

    Attributes:
        down: ModuleList, one stage per width; between them 2x2 max pooling to ceil(size / 2).
        up: ModuleList, up[i] reads the skip of level i (first) and level i + 1, enlarged, and has widths[i] channels.
        head: 1x1 convolution with bias from widths[0] to out_channels.
    """

    def __init__(self, in_channels: int, out_channels: int, widths: list[int], norm: str = "group") -> None:
        super().__init__()
        raise NotImplementedError("UNet.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, H, W) of any H, W >= 1 -> (B, out_channels, H, W)."""
        raise NotImplementedError("UNet.forward")
