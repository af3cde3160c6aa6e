"""What is learned, what is saved, and what only travels along: parameters, buffers, and buffers that are not persistent."""

import torch
from torch import Tensor, nn


class FeatureScaler(nn.Module):
    """(x - mean) / std by statistics of the data, then a gain and a shift that are learned."""

    mean: Tensor
    std: Tensor
    fitted: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(dim))
        self.shift = nn.Parameter(torch.zeros(dim))
        self.register_buffer("mean", torch.zeros(dim))  # 0 and 1: the identity until fit has seen data
        self.register_buffer("std", torch.ones(dim))
        self.register_buffer("fitted", torch.zeros((), dtype=torch.bool))  # no change of floating dtype touches it

    @torch.no_grad()
    def fit(self, x: Tensor) -> None:
        """Take mean and population standard deviation of each column of x (N, dim)."""
        constant = x.amax(0) == x.amin(0)
        self.mean.copy_(x.mean(0))  # into the buffer: its device, its dtype, its place in state_dict
        self.std.copy_(x.std(0, correction=0).masked_fill(constant, 1.0))
        self.fitted.fill_(value=True)

    def forward(self, x: Tensor) -> Tensor:
        """x (..., dim) -> (..., dim)."""
        return (x - self.mean) / self.std * self.gain + self.shift


class PositionTable(nn.Module):
    """Adds fixed sinusoids, after Vaswani et al., arXiv 1706.03762, section 3.5."""

    table: Tensor

    def __init__(self, max_len: int, dim: int) -> None:
        super().__init__()
        position = torch.arange(max_len).unsqueeze(1)  # (max_len, 1)
        even = torch.arange(0, dim, 2)  # ceil(dim / 2) frequencies
        angle = position * 10000.0 ** (-even / dim)
        table = torch.empty(max_len, dim)  # filled below: sines in even columns, cosines in odd ones
        table[:, 0::2] = torch.sin(angle)
        table[:, 1::2] = torch.cos(angle[:, : dim // 2])
        self.register_buffer("table", table, persistent=False)  # made again by __init__: not worth saving

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, dim) with T <= max_len -> (B, T, dim)."""
        length, longest = x.shape[-2], len(self.table)
        if length > longest:
            raise ValueError(f"a sequence of {length} positions does not fit the table of {longest}")
        return x + self.table[:length]


def describe(module: nn.Module) -> dict[str, list[str]]:
    """Full names of what a module holds, in registration order: trained, frozen, saved_buffers, temporary_buffers."""
    parameters = list(module.named_parameters())  # yields a tied parameter once, under its first name
    buffers = [name for name, _ in module.named_buffers()]
    saved = module.state_dict().keys()
    return {
        "trained": [name for name, value in parameters if value.requires_grad],
        "frozen": [name for name, value in parameters if not value.requires_grad],
        "saved_buffers": [name for name in buffers if name in saved],
        "temporary_buffers": [name for name in buffers if name not in saved],
    }
