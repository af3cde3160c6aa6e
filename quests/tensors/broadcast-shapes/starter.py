"""Broadcasting rules from scratch."""

import torch


def broadcast_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape in which tensors of all these shapes meet; () for no shapes at all.

    Raises:
        ValueError: when they do not broadcast.
    """
    raise NotImplementedError("broadcast_shape")


def broadcast_strides(shape: tuple[int, ...], strides: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
    """Strides (one for each dimension of target) that read (shape, strides) as target; 0 in new and stretched dimensions.

    Raises:
        ValueError: when target has fewer dimensions, or would change a size other than 1.
    """
    raise NotImplementedError("broadcast_strides")


def expand_view(x: torch.Tensor, target: tuple[int, ...]) -> torch.Tensor:
    """x (...) -> a view of x with shape target: no number is copied, gradients reach x.

    Raises:
        ValueError: when x does not stretch to target.
    """
    raise NotImplementedError("expand_view")
