"""activation(x W^T + b) with its gradients, without autograd. act is "relu", "tanh", "gelu" (exact, with erf) or "none"."""

from torch import Tensor


def forward(x: Tensor, w: Tensor, b: Tensor | None, act: str) -> tuple[Tensor, tuple]:
    """x (..., I), w (O, I), b (O,) or None -> y (..., O) and a cache of your own design for backward and tangent.

    Where the result is enough for the slope, keep no other tensor of its size.
    """
    raise NotImplementedError("forward")


def backward(grad: Tensor, cache: tuple) -> tuple[Tensor, Tensor, Tensor | None]:
    """Reverse mode: grad (..., O), in any layout, is the gradient by y. Returns dx (..., I), dw (O, I), db (O,) or None.

    The cache stays as it is: a second call gives the same.
    """
    raise NotImplementedError("backward")


def tangent(cache: tuple, dx: Tensor, dw: Tensor, db: Tensor | None) -> Tensor:
    """Forward mode: the change of y (..., O), to first order, when x, w, b change by dx, dw, db (None: no bias)."""
    raise NotImplementedError("tangent")


def unbroadcast(grad: Tensor, shape: tuple[int, ...]) -> Tensor:
    """grad summed to `shape`, from which it was broadcast: new leading dimensions and sizes 1 are summed over.

    If nothing was stretched, grad itself (or a view of it) comes back, not a copy.
    """
    raise NotImplementedError("unbroadcast")


def grad_fn_chain(y: Tensor) -> list[str]:
    """type(node).__name__ from y.grad_fn back to a leaf's AccumulateGrad, by the first input that is not None at each node."""
    raise NotImplementedError("grad_fn_chain")
