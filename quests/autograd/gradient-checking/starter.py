"""A gradient checker: finite differences against autograd."""

from collections.abc import Callable

from torch import Tensor


def numerical_jacobian(f: Callable[[Tensor], Tensor], x: Tensor, eps: float) -> Tensor:
    """Jacobian by central differences, without autograd.

    x: any shape and layout, N elements; f(x): any shape, M elements. Returns (M, N) in x's dtype; x keeps every bit.
    The slope is divided by the step that was really taken, since x + eps is rounded. f may return its argument.
    """
    raise NotImplementedError("numerical_jacobian")


def numerical_directional(f: Callable[[Tensor], Tensor], x: Tensor, v: Tensor, eps: float) -> Tensor:
    """d/dt f(x + t v) at t = 0 by central differences, in the shape of f's output; v: shape of x, of any length."""
    raise NotImplementedError("numerical_directional")


def check_gradients(
    f: Callable[..., Tensor], inputs: tuple[Tensor, ...], eps: float | None = None, rtol: float = 1e-4
) -> dict[str, object]:
    """Compare autograd's gradients of f(*inputs) (any shape) with numerical ones.

    Integer and bool inputs are handed to f and not checked. f may hold tensors of its own in the inputs' dtype.
    eps: step; None means one that fits dtype and size of each input.

    Returns {"ok", "worst", "input", "index"}:
        worst: float, the largest error over all entries of all Jacobians, relative to the largest slope by the same
            input; what rounding of f alone can explain is no error. A gradient that is NaN is one.
        ok: worst <= rtol
        input, index: where it is: position in `inputs`, and index tuple into that input; -1 and () if nothing was checked
    """
    raise NotImplementedError("check_gradients")
