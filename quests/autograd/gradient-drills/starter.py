"""Ten drills on gradients. Each function is judged on its own; fill them in any order.

All that differentiate leave x, x.grad and x.requires_grad as they were, and work where gradients are switched off
(inside torch.no_grad()). What they return has no history.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

Function = Callable[[Tensor], Tensor]


def gradient_of(f: Function, x: Tensor) -> Tensor:
    """Gradient of the scalar f(x) at x, in x's shape and dtype."""
    raise NotImplementedError("gradient_of")


def derivative_curve(f: Function, xs: Tensor) -> Tensor:
    """xs (N,), elementwise f: (N,) -> (N,). Returns f' at every point (N,), with one backward for all. N may be 0."""
    raise NotImplementedError("derivative_curve")


def accumulate(f: Function, x: Tensor, times: int) -> Tensor | None:
    """What .grad holds after backward was called `times` times, starting from no gradient; None for times = 0.

    f is called anew before each backward: it may read the next part of some data each time.
    """
    raise NotImplementedError("accumulate")


def partial(f: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of the scalar f(x, y) by x and by y. f uses at least one of them; the other one's gradient is zeros."""
    raise NotImplementedError("partial")


def clear_(params: Iterable[Tensor]) -> None:
    """Every .grad is None afterwards."""
    raise NotImplementedError("clear_")


def frozen_copy(x: Tensor) -> Tensor:
    """x's values in memory of their own: a leaf without history that does not require grad."""
    raise NotImplementedError("frozen_copy")


def without_graph(f: Function, x: Tensor) -> Tensor:
    """f(x), with nothing recorded while f runs, even when x or something inside f requires grad.

    The result is an ordinary tensor: later computations may use it and be differentiated.
    """
    raise NotImplementedError("without_graph")


def leaf_report(tensors: dict[str, Tensor]) -> dict[str, str]:
    """For every name: 'leaf' (requires grad), 'leaf-frozen' (does not), or the name of grad_fn without its number.

    MulBackward0 is told as 'MulBackward'.
    """
    raise NotImplementedError("leaf_report")


def second_derivative(f: Function, x: Tensor) -> Tensor:
    """f'' at every entry of x (any shape), for an elementwise f; zeros where f is linear."""
    raise NotImplementedError("second_derivative")


def vector_jacobian(f: Function, x: Tensor, v: Tensor) -> Tensor:
    """v^T J (N,), where J (M, N) is the Jacobian of f: (N,) -> (M,) at x (N,), and v is (M,)."""
    raise NotImplementedError("vector_jacobian")
