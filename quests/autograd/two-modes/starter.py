"""Forward mode with dual numbers, reverse mode with torch's tape, and the Jacobian by the cheaper of the two.

A function f is written with + - * / **, sin, exp, log, tanh, sum(dim) and indexing, so that it takes tensors and Duals alike.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor

Function = Callable[[Any], Any]


class Dual:
    """A value with a tangent of the same shape. Every operation gives a new Dual.

    Operators + - * / with another Dual, a number or a tensor on either side, ** with a number, unary -, and the methods
    sin, exp, log, tanh, sum(dim) and indexing. Shapes broadcast. Numbers and tensors are constants: nothing is
    computed for the tangent that they do not have.
    """

    def __init__(self, value: Tensor, tangent: Tensor) -> None:
        raise NotImplementedError("Dual")


def jvp(f: Function, x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """f(x) and J v, by one call of f on a Dual. v has x's shape. Zeros where f returns a plain tensor; no history."""
    raise NotImplementedError("jvp")


def vjp(f: Function, x: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """f(x) and u^T J in x's shape, by torch.autograd. u has the shape of f(x). Zeros where f ignores x; no history."""
    raise NotImplementedError("vjp")


def jacobian(f: Function, x: Tensor, out_size: int) -> Tensor:
    """(M, N) for f: (N,) -> (M,), M = out_size, by whichever mode needs fewer passes."""
    raise NotImplementedError("jacobian")
