"""A linear layer written by hand: the affine map, and the module that owns its weight and bias."""

import torch
from torch import Tensor, nn


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y[..., o] = sum over i of x[..., i] * weight[o, i], plus bias[o].

    Args:
        x: (..., I), any number of leading dimensions, none included.
        weight: (O, I), one row for each output.
        bias: (O,) or None.

    Returns:
        (..., O) in the dtype of x. An x whose last size is not I raises an error that shows both sizes.
    """
    raise NotImplementedError("linear")


class Linear(nn.Module):
    """Parameters `weight` (O, I) and `bias` (O,), drawn uniformly from [-1 / sqrt(I), 1 / sqrt(I)); `bias` may be None."""

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, dtype: torch.dtype | None = None
    ) -> None:
        super().__init__()
        raise NotImplementedError("Linear.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (..., I) -> (..., O)."""
        raise NotImplementedError("Linear.forward")
