"""Linear layers, relu, dropout and a loss on raw tensors; the loop that trains whatever is made of them."""

from collections.abc import Callable, Sequence

from base_classes import Module, Sequential
from torch import Tensor


class Linear(Module):
    """y = x W^T + b: parameters weight (O, I) and bias (O,) or None; all numbers start uniform within 1 / sqrt(I)."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        raise NotImplementedError("Linear.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (..., I) -> (..., O)."""
        raise NotImplementedError("Linear.forward")


class ReLU(Module):
    def forward(self, x: Tensor) -> Tensor:
        """The larger of x and 0, any shape."""
        raise NotImplementedError("ReLU.forward")


class Dropout(Module):
    """In training each number is 0 with probability p, else divided by 1 - p; in eval mode x comes out as it is.

    Raises:
        ValueError: p is below 0, or 1 and above.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        raise NotImplementedError("Dropout.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("Dropout.forward")


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """logits (N, K), labels int64 (N,) -> mean of -log softmax(logits)[label], (). Exact for logits of any size."""
    raise NotImplementedError("cross_entropy")


def mlp(sizes: Sequence[int], dropout: float = 0.0) -> Sequential:
    """Linear, ReLU, Dropout(dropout) for each hidden layer; a Linear layer last. sizes: input, hidden ones, output."""
    raise NotImplementedError("mlp")


def fit(
    net: Module,
    inputs: Sequence[Tensor],
    labels: Tensor,
    *,
    epochs: int,
    batch: int = 100,
    rate: float = 0.005,
    report: Callable[..., None] | None = None,
) -> Module:
    """Train net so that net(*inputs) are logits of labels (N,). Every tensor of inputs has N rows.

    Adam (torch.optim, at its defaults but the rate) on the mean cross-entropy of each mini-batch. In each epoch every
    row is used once, in a new random order, `batch` at a time; the last mini-batch may be smaller. Step k of n (k from
    0) has the rate rate * (1 - k / n). Training happens in training mode; net comes back, in eval mode.

    report, where given, is called after each step as report(k + 1, n, loss=float).
    """
    raise NotImplementedError("fit")


def predict(net: Module, inputs: Sequence[Tensor]) -> Tensor:
    """The class of the largest logit of net(*inputs) for each row, int64 (N,): in eval mode, without a graph."""
    raise NotImplementedError("predict")
