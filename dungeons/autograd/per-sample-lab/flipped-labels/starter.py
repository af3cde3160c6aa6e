"""Find wrong labels by the gradients they cause."""

from collections.abc import Callable

from torch import Tensor, nn


def gradient_norms(model: nn.Module, loss_fn: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor) -> Tensor:
    """The norm of each sample's gradient, all parameters together: x (B, ...), y (B, ...) -> (B,)."""
    raise NotImplementedError("gradient_norms")


def suspicion(images: Tensor, labels: Tensor, seed: int, report: Callable[..., None] | None = None) -> Tensor:
    """Say how little each label is to be trusted.

    Args:
        images: (N, F) in [0, 1]
        labels: (N,) int64, some of them wrong
        seed: of whatever randomness you use
        report: when given, call report(steps done, steps, loss=loss) while training

    Returns:
        (N,) floating: larger where the label is more likely to be wrong
    """
    raise NotImplementedError("suspicion")


def average_precision(scores: Tensor, wanted: Tensor) -> float:
    """Average precision of a ranking.

    Args:
        scores: (N,) the largest ranks first; of equal ones the earlier
        wanted: (N,) bool

    Returns:
        The mean over wanted samples of: the share of wanted ones among all down to its rank. 0 where none is wanted.
    """
    raise NotImplementedError("average_precision")
