"""A weight that takes a quarter of the memory and works in modules that know nothing about it."""

import torch
from torch import Tensor, nn


class Int8Weight(torch.Tensor):
    """A matrix (N, K) held as int8 codes and one float32 scale a row, that shows itself as a float tensor.

    Made by Int8Weight(codes, scale, dtype=torch.float32). Not trainable: requires_grad is False.

    Attributes:
        codes: (N, K) int8
        scale: (N, 1) float32; after a transpose codes are (K, N) and scale is (1, N)

    detach, clone, to(dtype), to(device), t, transpose and permute give an Int8Weight again; copy_ from another one (what
    load_state_dict does) copies codes and scale. Any other in-place operator raises NotImplementedError that names it.
    All other operators work on the dequantised values and give ordinary tensors.
    """

    @staticmethod
    def __new__(cls, codes: Tensor, scale: Tensor, dtype: torch.dtype = torch.float32) -> "Int8Weight":
        raise NotImplementedError("Int8Weight")

    def dequantize(self) -> Tensor:
        """codes * scale in the dtype that the weight shows, an ordinary tensor."""
        raise NotImplementedError("dequantize")


def quantize_weight(w: Tensor) -> Int8Weight:
    """Quantise a matrix symmetrically, row by row.

    Args:
        w: (N, K) float32, float16 or bfloat16

    Returns:
        codes round(w / scale) with scale = amax / 127 of the row, computed in float32, and 1 for rows of zeros; dtype of w
    """
    raise NotImplementedError("quantize_weight")


def quantize_module_(module: nn.Module) -> None:
    """Replace the weight of every nn.Linear in module, in place; weights that were shared stay shared."""
    raise NotImplementedError("quantize_module_")
