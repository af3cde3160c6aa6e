"""Floor 2: the gradients. At most 120 lines that are not blank."""

from collections.abc import Callable

from parameters_and_forward import forward  # your floor 1
from torch import Tensor


def binary_loss(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean binary cross-entropy, shape (), and its slope by the logits, (N, 1).

    logits (N, 1) of any size; y (N,) zeros and ones, of a float or integer type.
    """
    raise NotImplementedError("binary_loss")


def softmax_loss(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy of the softmax, shape (), and its slope by the logits, (N, K).

    logits (N, K) of any size; y (N,) int64 class numbers in [0, K).
    """
    raise NotImplementedError("softmax_loss")


def gradients(
    params: dict[str, Tensor], x: Tensor, y: Tensor, loss: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of the network on rows x (N, F), and its gradient by every parameter.

    loss is `binary_loss` or `softmax_loss`. The dict has the names, the order and the shapes of params. Any depth.
    """
    raise NotImplementedError("gradients")


def slopes_along(
    params: dict[str, Tensor],
    x: Tensor,
    y: Tensor,
    loss: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    direction: dict[str, Tensor],
    eps: float = 1e-5,
) -> tuple[Tensor, Tensor]:
    """How fast the loss changes when the parameters move along `direction` (tensors by name, not normalised).

    Returns two numbers of shape (): measured by a central difference with step eps, and by your gradients.
    """
    raise NotImplementedError("slopes_along")
