"""Losses and figures of several tasks where not every row has every label.

A target is either classes, int64 (N,), with -1 where the label is missing, or values, floats (N, D), where a row with a NaN
has no label. The output that belongs to it is logits (N, C) or values (N, D).
"""

from collections.abc import Mapping

from torch import Tensor


def labelled(target: Tensor) -> Tensor:
    """bool (N,): which rows have a label."""
    raise NotImplementedError("labelled")


def task_loss(output: Tensor, target: Tensor) -> Tensor:
    """Shape (): the mean over labelled rows of the cross-entropy, or of the squared error (itself the mean over D).

    0, with a graph, where no row has a label.
    """
    raise NotImplementedError("task_loss")


def task_losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """{task: task_loss} for the targets that have a label in this batch; outputs without a target are left alone.

    Raises KeyError for a target without an output.
    """
    raise NotImplementedError("task_losses")


def figures(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, float]:
    """As task_losses, what a person wants to read: accuracy for classes, for values the root of the mean squared error."""
    raise NotImplementedError("figures")
