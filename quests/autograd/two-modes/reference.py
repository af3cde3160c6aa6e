"""Forward mode by dual numbers (Clifford 1873; Wengert 1964 for programs), reverse mode by torch's tape, and a choice between them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class Dual:
    """A value and how fast it moves: value + eps * tangent with eps^2 = 0. Both have one shape.

    Other operands are constants: numbers or tensors. They have no tangent, so none is computed for them.
    """

    def __init__(self, value: Tensor, tangent: Tensor) -> None:
        self.value = value
        self.tangent = tangent

    def __add__(self, other: Any) -> "Dual":
        if isinstance(other, Dual):
            return Dual(self.value + other.value, self.tangent + other.tangent)
        value = self.value + other
        return Dual(value, self.tangent.expand(value.shape))  # a view: the constant may have stretched the value

    __radd__ = __add__

    def __neg__(self) -> "Dual":
        return Dual(-self.value, -self.tangent)

    def __sub__(self, other: Any) -> "Dual":
        return self + (-other)

    def __rsub__(self, other: Any) -> "Dual":
        return -self + other

    def __mul__(self, other: Any) -> "Dual":
        if isinstance(other, Dual):
            return Dual(self.value * other.value, self.tangent * other.value + self.value * other.tangent)
        return Dual(self.value * other, self.tangent * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Dual":
        if isinstance(other, Dual):
            quotient = self.value / other.value
            return Dual(quotient, (self.tangent - quotient * other.tangent) / other.value)
        return Dual(self.value / other, self.tangent / other)

    def __rtruediv__(self, other: Any) -> "Dual":
        quotient = other / self.value
        return Dual(quotient, -quotient / self.value * self.tangent)

    def __pow__(self, exponent: float) -> "Dual":
        if exponent == 0:  # the slope of a constant; 0 * x ** -1 would be NaN at 0
            return Dual(self.value**0, torch.zeros_like(self.tangent))
        return Dual(self.value**exponent, exponent * self.value ** (exponent - 1) * self.tangent)

    def sin(self) -> "Dual":
        return Dual(torch.sin(self.value), torch.cos(self.value) * self.tangent)

    def exp(self) -> "Dual":
        value = torch.exp(self.value)
        return Dual(value, value * self.tangent)

    def log(self) -> "Dual":
        return Dual(torch.log(self.value), self.tangent / self.value)

    def tanh(self) -> "Dual":
        value = torch.tanh(self.value)
        return Dual(value, (1 - value * value) * self.tangent)

    def sum(self, dim: int) -> "Dual":
        return Dual(self.value.sum(dim), self.tangent.sum(dim))  # linear: the tangent goes the same way

    def __getitem__(self, index: Any) -> "Dual":
        return Dual(self.value[index], self.tangent[index])


Function = Callable[[Any], Any]


def jvp(f: Function, x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """f(x) and J v in one forward pass."""
    with torch.no_grad():
        y = f(Dual(x, v))
        return (y.value, y.tangent) if isinstance(y, Dual) else (y, torch.zeros_like(y))


def vjp(f: Function, x: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """f(x) and u^T J in one forward and one reverse pass."""
    y, pull = recorded(f, x)
    return y, pull(u)


def recorded(f: Function, x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """f(x), and a function u -> u^T J that runs its tape backwards as often as wanted."""
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        y = f(leaf)

    def pull(u: Tensor) -> Tensor:
        if not y.requires_grad:  # f does not depend on x
            return torch.zeros_like(x)
        return torch.autograd.grad(y, leaf, u, retain_graph=True, materialize_grads=True)[0]

    return y.detach(), pull


def jacobian(f: Function, x: Tensor, out_size: int) -> Tensor:
    """(M, N) for f: (N,) -> (M,): M reverse passes for its rows, or N forward passes for its columns."""
    if out_size < x.numel():
        y, pull = recorded(f, x)
        return torch.stack([pull(unit) for unit in torch.eye(out_size, dtype=y.dtype)])
    return torch.stack([jvp(f, x, unit)[1] for unit in torch.eye(x.numel(), dtype=x.dtype)], dim=1)
