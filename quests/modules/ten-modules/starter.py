"""Ten custom modules. The names of parameters, buffers and children in the docstrings are the keys of state_dict()."""

from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor, nn


class Scale(nn.Module):
    """x (..., D) times a learnable gain for each feature: parameter `weight` (D,), which starts as ones."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        raise NotImplementedError("Scale.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("Scale.forward")


class Residual(nn.Module):
    """x + fn(x): child `fn`."""

    def __init__(self, fn: nn.Module) -> None:
        super().__init__()
        raise NotImplementedError("Residual.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("Residual.forward")


class Lambda(nn.Module):
    """function(*args) as a module; nothing is registered."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        raise NotImplementedError("Lambda.__init__")

    def forward(self, *args: Any) -> Any:
        raise NotImplementedError("Lambda.forward")


class Flatten(nn.Module):
    """All dimensions from start_dim on become one; start_dim may be negative."""

    def __init__(self, start_dim: int = 1) -> None:
        super().__init__()
        raise NotImplementedError("Flatten.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("Flatten.forward")


class Embedding(nn.Module):
    """index (...) int64 -> (..., D): parameter `weight` (V, D), standard normal.

    The row of `padding_idx` (negative: counted from the end) is zero and never gets a gradient.
    """

    def __init__(self, num_embeddings: int, dim: int, padding_idx: int | None = None) -> None:
        super().__init__()
        raise NotImplementedError("Embedding.__init__")

    def forward(self, index: Tensor) -> Tensor:
        raise NotImplementedError("Embedding.forward")


class Bilinear(nn.Module):
    """a (..., I), b (..., J) -> (..., O): y[o] = a^T weight[o] b + bias[o], `weight` (O, I, J), `bias` (O,).

    Both start uniform in [-1 / sqrt(I), 1 / sqrt(I)].
    """

    def __init__(self, in1_features: int, in2_features: int, out_features: int) -> None:
        super().__init__()
        raise NotImplementedError("Bilinear.__init__")

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        raise NotImplementedError("Bilinear.forward")


class Maxout(nn.Module):
    """x (..., I) -> (..., O): child `linear` from I to O * k; output o is the largest of rows o * k .. o * k + k - 1."""

    def __init__(self, in_features: int, out_features: int, pieces: int) -> None:
        super().__init__()
        raise NotImplementedError("Maxout.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("Maxout.forward")


class Concat(nn.Module):
    """The results of all branches on x, concatenated along dim: children `branches.0`, `branches.1`, ..."""

    def __init__(self, branches: Iterable[nn.Module], dim: int = -1) -> None:
        super().__init__()
        raise NotImplementedError("Concat.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("Concat.forward")


class RunningNorm(nn.Module):
    """x (..., D) minus the buffer `mean` (D,), which starts as zeros.

    In training mode mean first becomes (1 - momentum) * mean + momentum * (mean of x over all leading dimensions), without
    a graph; an x with no rows changes nothing.
    """

    def __init__(self, dim: int, momentum: float = 0.1) -> None:
        super().__init__()
        raise NotImplementedError("RunningNorm.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("RunningNorm.forward")


class Gate(nn.Module):
    """a, b (..., D) -> g a + (1 - g) b with g = sigmoid(linear([a, b])): child `linear` from 2D to D."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        raise NotImplementedError("Gate.__init__")

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        raise NotImplementedError("Gate.forward")
