"""Three ways to add up the losses of several tasks: fixed weights, learned ones, and those that balance the gradients."""

from collections.abc import Iterable, Mapping, Sequence

from torch import Tensor, nn


def weighted(losses: Mapping[str, Tensor], weights: Mapping[str, float | Tensor]) -> Tensor:
    """Shape (): the sum of weight times loss over the tasks in `losses`. Raises KeyError for a task without a weight."""
    raise NotImplementedError("weighted")


class UncertaintyWeights(nn.Module):
    """Learned log variances s: the sum of exp(-s) loss + s over the tasks that are there.

    Parameters `log_variances.<task>`, each of shape () and 0 at the start.
    """

    def __init__(self, tasks: Iterable[str]) -> None:
        super().__init__()
        raise NotImplementedError("UncertaintyWeights.__init__")

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        """Shape (). Raises KeyError for a task it does not know."""
        raise NotImplementedError("UncertaintyWeights.forward")


def gradient_norms(losses: Mapping[str, Tensor], shared: Sequence[Tensor]) -> dict[str, Tensor]:
    """{task: norm, shape ()} of each loss's gradient by all tensors of `shared` together; 0 where it does not depend on them.

    The graph can be used again afterwards, and no .grad is changed.
    """
    raise NotImplementedError("gradient_norms")


def balanced_weights(losses: Mapping[str, Tensor], shared: Sequence[Tensor]) -> dict[str, Tensor]:
    """{task: weight, shape ()} without a graph: weighted gradients by `shared` have one norm, and the weights' product is 1.

    A task whose gradient is 0 has weight 1 and does not count for the others.
    """
    raise NotImplementedError("balanced_weights")
