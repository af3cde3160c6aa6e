"""where on the result."""

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional


def labelled(target: Tensor) -> Tensor:
    """Classes (N,) int64, or values (N, D) floats -> bool (N,): which rows have their label, all of it."""
    return ~target.isnan().any(dim=1) if target.is_floating_point() else target >= 0


def task_loss(output: Tensor, target: Tensor) -> Tensor:
    """Mean over the labelled rows: of the cross-entropy for classes, of the squared error for values."""
    rows = labelled(target)
    if target.is_floating_point():
        each = (output - target).square().mean(dim=1)
    else:
        each = functional.cross_entropy(output, target.clamp(min=0), reduction="none")
    return each.where(rows, 0.0).sum() / max(int(rows.sum()), 1)


def task_losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The losses of the tasks of which this batch has a label at all."""
    return {task: task_loss(outputs[task], target) for task, target in targets.items() if labelled(target).any()}


def figures(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, float]:
    """On the labelled rows: accuracy for classes, root mean squared error of one coordinate for values."""
    found = {}
    for task, given in targets.items():
        rows = labelled(given)
        output, target = outputs[task][rows], given[rows]
        if target.is_floating_point() and len(target):
            found[task] = float((output - target).square().mean().sqrt())
        elif len(target):
            found[task] = float((output.argmax(dim=1) == target).float().mean())
    return found
