"""U-Net after Ronneberger, Fischer and Brox (arXiv 1505.04597), padded so that every size goes in and comes out."""

import itertools
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NORMS = {"group": lambda width: nn.GroupNorm(math.gcd(8, width), width), "batch": nn.BatchNorm2d}


def stage(in_channels: int, width: int, norm: str) -> nn.Sequential:
    """Two 3x3 convolutions that keep the size, each with norm and relu; the norm has the bias."""
    return nn.Sequential(
        nn.Conv2d(in_channels, width, 3, padding=1, bias=False),
        NORMS[norm](width),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, padding=1, bias=False),
        NORMS[norm](width),
        nn.ReLU(),
    )


class UNet(nn.Module):
    """One stage per width on the way down, one per width but the deepest on the way up, a 1x1 convolution."""

    def __init__(self, in_channels: int, out_channels: int, widths: list[int], norm: str = "group") -> None:
        super().__init__()
        if norm not in NORMS:
            raise ValueError(f"norm is one of {', '.join(NORMS)}, not {norm!r}")
        befores = [in_channels, *widths[:-1]]
        self.down = nn.ModuleList(stage(before, width, norm) for before, width in zip(befores, widths, strict=True))
        self.up = nn.ModuleList(stage(width + below, width, norm) for width, below in itertools.pairwise(widths))
        self.head = nn.Conv2d(widths[0], out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> (B, out_channels, H, W)."""
        skips = []
        for level, down in enumerate(self.down):
            if level > 0:
                x = F.max_pool2d(x, 2, ceil_mode=True)  # ceil(H / 2): the odd last row is kept
            x = down(x)
            skips.append(x)
        skips.pop()  # the deepest is no skip: it is x
        for level in reversed(range(len(self.up))):
            skip = skips.pop()
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")  # pixel i // 2: exactly what the pooling covered
            x = x[:, :, : skip.shape[2], : skip.shape[3]]  # drop what an odd size has too much
            x = self.up[level](torch.cat([skip, x], dim=1))
        return self.head(x)
