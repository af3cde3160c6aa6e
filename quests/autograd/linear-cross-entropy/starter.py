"""The last linear layer and its cross-entropy as one operation that never holds all logits."""

from torch import Tensor


def linear_cross_entropy(
    x: Tensor,
    w: Tensor,
    target: Tensor,
    b: Tensor | None = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    z_loss: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy of the logits x w^T + b, differentiable by x, w and b.

    Args:
        x: (N, D), float32, float64 or bfloat16; N may be 0
        w: (V, D), the dtype of x; V >= 1
        target: (N,) int64, classes from 0 to V - 1, or ignore_index
        b: (V,), the dtype of x, or None; entries may be -inf while label_smoothing is 0
        ignore_index: rows with this target count nowhere
        label_smoothing: s moves s of the target's probability to all V classes alike
        z_loss: adds z_loss * logsumexp(logits)^2 to the loss of each row
        reduction: "mean" over the rows that are not ignored, or "sum"

    Returns:
        the loss (), in float32 for bfloat16 inputs. Gradients have the dtypes of their inputs.

    Raises:
        ValueError: for another reduction
    """
    raise NotImplementedError("linear_cross_entropy")
