"""The affine map y = x W^T + b and the module that owns W and b, with the layout and initial range of torch.nn.Linear."""

import math

import torch
from torch import Tensor, nn


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (..., I), weight (O, I), bias (O,) -> (..., O)."""
    y = x @ weight.T  # (..., I) @ (I, O) -> (..., O); refuses another width and names both
    return y if bias is None else y + bias  # (O,) is aligned with the last dimension


class Linear(nn.Module):
    """One row of weights for each output; all numbers start uniform within 1 / sqrt(in_features)."""

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, dtype: torch.dtype | None = None
    ) -> None:
        super().__init__()
        bound = 1 / math.sqrt(in_features)  # a sum of I such terms keeps the scale of its inputs, for every I
        self.weight = nn.Parameter(torch.empty(out_features, in_features, dtype=dtype).uniform_(-bound, bound))
        if bias:
            self.bias = nn.Parameter(torch.empty(out_features, dtype=dtype).uniform_(-bound, bound))
        else:
            self.register_parameter("bias", None)  # the attribute exists; nothing is trained or saved

    def forward(self, x: Tensor) -> Tensor:
        """x (..., I) -> (..., O)."""
        return linear(x, self.weight, self.bias)
