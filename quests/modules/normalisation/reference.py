"""Normalisations that look at one sample only: LayerNorm (arXiv 1607.06450), GroupNorm (1803.08494), RMSNorm (1910.07467)."""

import torch
from torch import Tensor

HALVES = (torch.float16, torch.bfloat16)


def widened(x: Tensor) -> Tensor:
    """Half precision goes to float32: its squares overflow (float16) or lose their digits (bfloat16)."""
    return x.float() if x.dtype in HALVES else x


def normalised(x: Tensor, dims: tuple[int, ...], eps: float) -> Tensor:
    """Mean 0 and population variance 1 over `dims`; two passes, so that a large mean leaves before anything is squared."""
    centred = x - x.mean(dims, keepdim=True)
    return centred * torch.rsqrt(centred.square().mean(dims, keepdim=True) + eps)


def affine(y: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """y * weight + bias, whichever of them exist, in the dtype of y."""
    if weight is not None:
        y = y * weight.to(y.dtype)
    return y if bias is None else y + bias.to(y.dtype)


def layer_norm(
    x: Tensor, shape: tuple[int, ...], weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Normalise over the last len(shape) dims of x, which must be `shape`; weight and bias have that shape."""
    if tuple(x.shape[x.dim() - len(shape) :]) != tuple(shape):
        raise ValueError(f"the last dimensions of x {tuple(x.shape)} are not {tuple(shape)}")
    y = normalised(widened(x), tuple(range(-len(shape), 0)), eps)
    return affine(y, weight, bias).to(x.dtype)


def group_norm(
    x: Tensor, groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Normalise x (B, C, ...) over the C / groups channels of a group and all positions; weight and bias (C,)."""
    batch, channels = x.shape[:2]
    if channels % groups:
        raise ValueError(f"{channels} channels do not divide into {groups} groups")
    grouped = widened(x).reshape(batch, groups, channels // groups, *x.shape[2:])
    y = normalised(grouped, tuple(range(2, grouped.dim())), eps).reshape(x.shape)
    column = (channels,) + (1,) * (x.dim() - 2)  # (C, 1, ...): meets dim 1, not the last one
    weight, bias = (None if each is None else each.reshape(column) for each in (weight, bias))
    return affine(y, weight, bias).to(x.dtype)


def rms_norm(x: Tensor, weight: Tensor | None = None, eps: float = 1e-6) -> Tensor:
    """Divide the rows of x (..., D) by their root mean square; no mean, no bias."""
    wide = widened(x)
    scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)  # (..., 1)
    return affine(wide * scale, weight, None).to(x.dtype)


def layer_norm_backward(grad: Tensor, x: Tensor, weight: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor, Tensor]:
    """grad and x (..., D), weight (D,) -> dx (..., D), dweight (D,), dbias (D,) of layer_norm over the last dim."""
    grad_wide, wide = widened(grad), widened(x)
    centred = wide - wide.mean(-1, keepdim=True)
    scale = torch.rsqrt(centred.square().mean(-1, keepdim=True) + eps)  # (..., 1): 1 / deviation
    y = centred * scale
    arriving = grad_wide * weight.to(wide.dtype)  # gradient at y
    # y moves neither with a shift of x nor with a change of its scale: both directions are taken out
    along_shift = arriving.mean(-1, keepdim=True)
    along_scale = y * (arriving * y).mean(-1, keepdim=True)
    dx = scale * (arriving - along_shift - along_scale)
    leading = tuple(range(x.dim() - 1))
    dweight, dbias = (
        (grad_wide * y, grad_wide) if not leading else ((grad_wide * y).sum(leading), grad_wide.sum(leading))
    )
    return dx.to(x.dtype), dweight.to(weight.dtype), dbias.to(weight.dtype)
