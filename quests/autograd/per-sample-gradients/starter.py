"""One gradient for each example instead of their mean."""

from collections.abc import Callable

from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]


def per_sample_gradients(model: nn.Module, loss_fn: Loss, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The gradient of every sample's own loss, all samples at once.

    Args:
        model: maps (B, ...) to (B, ...); left as it is, training flags and .grad included
        loss_fn: loss_fn(output, target) -> scalar, the mean over the batch that it is given
        x: (B, ...) inputs; B may be 0 or 1
        y: (B, ...) targets

    Returns:
        name -> (B, *parameter.shape), a name for each of model.named_parameters() that requires grad; no graph attached

    Raises:
        ValueError: when a BatchNorm layer of the model would use the statistics of the batch
    """
    raise NotImplementedError("per_sample_gradients")


def looped_gradients(model: nn.Module, loss_fn: Loss, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The same answer from a Python loop, one backward for each sample: what you compare with."""
    raise NotImplementedError("looped_gradients")


def per_sample_norms(model: nn.Module, loss_fn: Loss, x: Tensor, y: Tensor) -> Tensor:
    """(B,): the Euclidean norm of each sample's gradient over all parameters together, at most 16 gradients at a time."""
    raise NotImplementedError("per_sample_norms")
