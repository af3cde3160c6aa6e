"""Activation checkpointing: recompute in backward instead of keeping everything from forward."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor


def checkpoint(fn: Callable[..., Any], *args: Any) -> Any:
    """fn(*args) with the same results and gradients; what is kept until backward are the inputs alone.

    Args:
        fn: any function of tensors and other things; may use parameters that it captures, randomness, autocast
        args: tensors, with or without requires_grad, and values of other kinds

    Returns:
        what fn returns: a tensor, or a tuple that may also hold other things
    """
    raise NotImplementedError("checkpoint")


def checkpoint_chain(layers: Sequence[Callable[[Tensor], Tensor]], x: Tensor, segments: int) -> Tensor:
    """layers applied to x one after another, in `segments` checkpointed runs of nearly equal length.

    Args:
        layers: L callables, each from (B, D) to (B, D)
        x: (B, D)
        segments: from 1 to L; need not divide L
    """
    raise NotImplementedError("checkpoint_chain")
