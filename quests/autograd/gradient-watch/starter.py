"""Instruments for gradients, made of hooks that are gone when the work is done."""

from typing import Any

from torch import nn


class GradientWatch:
    """Inside `with GradientWatch(model) as watch:` every backward notes each parameter's gradient norm.

    A norm belongs to one backward: it is that of the gradient which this backward brings, not of what has piled up in
    .grad. A parameter that gets no gradient in some backward has no entry for it, a frozen one never has. Leaving the
    block, also by an exception, takes away the hooks that were set here and no others; what was noted stays.
    """

    def __init__(self, model: nn.Module) -> None:
        raise NotImplementedError("GradientWatch.__init__")

    def __enter__(self) -> "GradientWatch":
        """Set the hooks; returns self."""
        raise NotImplementedError("GradientWatch.__enter__")

    def __exit__(self, *_: object) -> None:
        """Take the hooks away; an exception goes on."""
        raise NotImplementedError("GradientWatch.__exit__")

    def norms(self) -> dict[str, list[float]]:
        """2-norms by parameter name (as in named_parameters), in the order of the backward calls."""
        raise NotImplementedError("GradientWatch.norms")


def first_nonfinite(model: nn.Module, *inputs: Any) -> tuple[str, str] | None:
    """Run forward, then backward with a gradient of ones for every floating output; name the first producer of NaN or inf.

    A module is to blame in forward when what it takes is finite and what it gives is not; in backward when the gradients
    that arrive at its outputs are finite and one that it hands to its inputs or parameters is not. Where a module and one
    inside it both fit, the innermost is meant. What modules take and give are tensors, or tuples and dicts of them.

    Args:
        model: runs in the mode it is in; modes, .grad, buffers and hooks are afterwards as they were, whatever happens
        inputs: tensors (floating ones are to have gradients in backward, whether or not they require grad)

    Returns:
        (path as in named_modules, "forward" or "backward"); ("input", "forward") when an input is not finite; else None
    """
    raise NotImplementedError("first_nonfinite")


def ratio_report(model: nn.Module, lr: float) -> dict[str, float]:
    """|lr * grad| / |parameter| for every parameter that has a .grad, by name; inf for a parameter of norm 0."""
    raise NotImplementedError("ratio_report")
