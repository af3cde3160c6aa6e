"""The sum of clipped per-sample gradients, in bounded memory."""

from collections.abc import Callable

from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]


def clipped_sum(
    model: nn.Module, loss_fn: Loss, x: Tensor, y: Tensor, clip: float, microbatch: int = 64
) -> tuple[dict[str, Tensor], Tensor]:
    """Clip each sample's gradient to norm `clip` and add them up.

    Args:
        model: called with (b, ...); only parameters that require grad count
        loss_fn: loss_fn(output, target) of a batch of one sample is that sample's loss
        x: (B, ...), y: (B, ...); B may be 0
        clip: the largest norm a sample's gradient may keep, over all parameters together
        microbatch: how many samples' gradients may exist at a time

    Returns:
        {name: sum of clipped gradients, in the parameter's shape}, and the norms before clipping (B,)
    """
    raise NotImplementedError("clipped_sum")
