"""A linear layer whose three matrix products, forward and backward, have 8-bit operands."""

import torch
from torch import Tensor, nn


def quantize_fp8(x: Tensor, dtype: torch.dtype, amax: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Scale x so that amax becomes the format's largest number, cut what lies above, and cast.

    Args:
        x: (...) float
        dtype: torch.float8_e4m3fn or torch.float8_e5m2
        amax: () float32, the magnitude that the largest number stands for; x's own if None (0 for an empty tensor)

    Returns:
        q: (...) in dtype, never inf or NaN for an x without NaN
        scale: () float32 = amax / largest, at least 2**-126, 1 where amax is 0; q * scale is close to x
    """
    raise NotImplementedError("quantize_fp8")


class FP8Linear(nn.Module):
    """nn.Linear with operands in e4m3 in forward, and incoming gradients in e5m2 in backward.

    Args:
        in_features, out_features, bias: as for nn.Linear; `weight` (O, I) and `bias` (O,) start as its do
        recipe: "dynamic" scales each tensor by its own amax; "delayed" by the largest of earlier calls, kept in the
            buffers x_history, weight_history and gradient_history, each (history,) float32 with the newest last.
            Another recipe raises ValueError
        history: how many amax values the delayed recipe looks back on
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, recipe: str = "dynamic", history: int = 16
    ) -> None:
        super().__init__()
        raise NotImplementedError("FP8Linear.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (..., I) -> (..., O) in x's dtype. Keeps x and weight for backward in 8 bits."""
        raise NotImplementedError("FP8Linear.forward")
