"""Ten calls on gradients. `torch.autograd.grad` returns a gradient; `backward` adds it to `.grad`."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

Function = Callable[[Tensor], Tensor]


def gradient_of(f: Function, x: Tensor) -> Tensor:
    """Gradient of the scalar f(x) at x, in x's shape."""
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()  # x's memory under a name of our own: flags and .grad are not x's
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
    return gradient


def derivative_curve(f: Function, xs: Tensor) -> Tensor:
    """f'(x) at every point of xs (N,), with one backward."""
    with torch.enable_grad():
        leaf = xs.detach().requires_grad_()
        # y_i depends on x_i alone, so d(y_1 + ... + y_N) / dx_i = f'(x_i)
        (slopes,) = torch.autograd.grad(f(leaf).sum(), leaf)
    return slopes


def accumulate(f: Function, x: Tensor, times: int) -> Tensor | None:
    """What .grad holds after `times` calls of backward, each on a new f(x)."""
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        for _ in range(times):
            f(leaf).backward()  # adds; never replaces
    return leaf.grad


def partial(f: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of the scalar f(x, y) by x and by y; zeros for an argument that f does not use."""
    with torch.enable_grad():
        a, b = x.detach().requires_grad_(), y.detach().requires_grad_()
        by_x, by_y = torch.autograd.grad(f(a, b), (a, b), materialize_grads=True)
    return by_x, by_y


def clear_(params: Iterable[Tensor]) -> None:
    """Set every .grad to None."""
    for parameter in params:
        parameter.grad = None


def frozen_copy(x: Tensor) -> Tensor:
    """x's values in memory of their own, without history."""
    return x.detach().clone()  # detach cuts the history and shares the memory, clone the other way round


def without_graph(f: Function, x: Tensor) -> Tensor:
    """f(x), with nothing recorded."""
    with torch.no_grad():
        return f(x)


def leaf_report(tensors: dict[str, Tensor]) -> dict[str, str]:
    """'leaf', 'leaf-frozen', or the name of grad_fn without the number at its end."""
    report = {}
    for name, tensor in tensors.items():
        if tensor.grad_fn is not None:
            report[name] = tensor.grad_fn.name().rstrip("0123456789")  # MulBackward0 -> MulBackward
        else:
            report[name] = "leaf" if tensor.requires_grad else "leaf-frozen"
    return report


def second_derivative(f: Function, x: Tensor) -> Tensor:
    """f'' at every entry of x, for an elementwise f."""
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        (first,) = torch.autograd.grad(f(leaf).sum(), leaf, create_graph=True)  # a gradient with a graph of its own
        if not first.requires_grad:  # f is linear: its slope is a constant, and nothing leads back to x
            return torch.zeros_like(leaf)
        (second,) = torch.autograd.grad(first.sum(), leaf, materialize_grads=True)
    return second


def vector_jacobian(f: Function, x: Tensor, v: Tensor) -> Tensor:
    """v^T J (N,) for f: (N,) -> (M,) and v (M,)."""
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        (product,) = torch.autograd.grad(f(leaf), leaf, grad_outputs=v)
    return product
