"""LayerNorm, GroupNorm, RMSNorm, and the gradient of the first by hand."""

from torch import Tensor


def layer_norm(
    x: Tensor, shape: tuple[int, ...], weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last len(shape) dims of x.

    Args:
        x: (..., *shape); half precision is computed in float32 and returned in its own dtype.
        shape: the sizes of the dims to normalise over; another ending of x.shape raises ValueError.
        weight, bias: of shape `shape`, or None.
    """
    raise NotImplementedError("layer_norm")


def group_norm(
    x: Tensor, groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """The same over each group of C / groups neighbouring channels and all later dims of x (B, C, ...).

    weight and bias are (C,) or None. Groups that do not divide C raise ValueError.
    """
    raise NotImplementedError("group_norm")


def rms_norm(x: Tensor, weight: Tensor | None = None, eps: float = 1e-6) -> Tensor:
    """x / sqrt(mean of x**2 over the last dim + eps) * weight; x (..., D), weight (D,) or None."""
    raise NotImplementedError("rms_norm")


def layer_norm_backward(grad: Tensor, x: Tensor, weight: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of layer_norm over the last dim, without autograd.

    Args:
        grad: the gradient that arrives at the output, (..., D).
        x: the input, (..., D).
        weight: (D,).

    Returns:
        dx (..., D), dweight (D,), dbias (D,).
    """
    raise NotImplementedError("layer_norm_backward")
