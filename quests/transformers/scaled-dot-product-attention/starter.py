"""Scaled dot-product attention with a mask. See the brief for the cases that matter."""

import torch
from torch import Tensor


def attention(
    q: Tensor, k: Tensor, v: Tensor, keep: Tensor | None = None, scale: float | None = None
) -> tuple[Tensor, Tensor]:
    """Mix the values by how well each query matches each key.

    Args:
        q: (..., Tq, D)
        k: (..., Tk, D)
        v: (..., Tk, Dv)
        keep: bool, broadcastable to (..., Tq, Tk); True where the query may look at the key
        scale: factor on the scores; 1 / sqrt(D) when None

    Returns:
        out (..., Tq, Dv) and weights (..., Tq, Tk), in the dtype of q
    """
    raise NotImplementedError("attention")
