"""A reshape where a transpose belongs.

`unbroadcast` comes from the quest autograd/linear-backward.
"""

from collections.abc import Callable
from typing import Any

import torch
from echoes.autograd.linear_backward import unbroadcast
from scalar_values import Value
from torch import Tensor

Back = Callable[[Tensor], Tensor]
Operand = Any  # an Array; a tensor or a number is a constant


class Array:
    """A tensor that remembers what it was computed from.

    Attributes:
        data: the tensor
        grad: None, or the sum over backward() calls of the root's gradient; only for an Array that was computed from nothing
        inputs: the Arrays it was computed from
        backs: for each input, what turns a gradient of the result into a gradient of the input (before any un-broadcasting)
    """

    def __init__(self, data: Tensor, inputs: tuple["Array", ...] = (), backs: tuple[Back, ...] = ()) -> None:
        self.data = data
        self.grad: Tensor | None = None
        self.inputs, self.backs = inputs, backs

    def __add__(self, other: Operand) -> "Array":
        return made(self.data + raw(other), (self, lambda g: g), (other, lambda g: g))

    def __mul__(self, other: Operand) -> "Array":
        a, b = self.data, raw(other)
        return made(a * b, (self, lambda g: g * b), (other, lambda g: g * a))

    def __truediv__(self, other: Operand) -> "Array":
        a, b = self.data, raw(other)
        return made(a / b, (self, lambda g: g / b), (other, lambda g: -g * a / (b * b)))

    def __rtruediv__(self, other: Operand) -> "Array":
        result = raw(other) / self.data
        return made(result, (self, lambda g: -g * result / self.data))

    def __neg__(self) -> "Array":
        return made(-self.data, (self, lambda g: -g))

    def __sub__(self, other: Operand) -> "Array":
        return self + -other

    def __rsub__(self, other: Operand) -> "Array":
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def __matmul__(self, other: Operand) -> "Array":  # (..., N, K) @ (..., K, M)
        a, b = self.data, raw(other)
        return made(a @ b, (self, lambda g: g @ b.mT), (other, lambda g: a.mT @ g))

    def __rmatmul__(self, other: Tensor) -> "Array":
        return made(other @ self.data, (self, lambda g: other.mT @ g))

    def exp(self) -> "Array":
        """Elementwise exponential."""
        result = self.data.exp()
        return made(result, (self, lambda g: g * result))

    def tanh(self) -> "Array":
        """Elementwise hyperbolic tangent."""
        result = self.data.tanh()
        return made(result, (self, lambda g: g * (1 - result * result)))

    def relu(self) -> "Array":
        """Elementwise max(x, 0); flat at 0."""
        return made(self.data.relu(), (self, lambda g: g * (self.data > 0)))

    def log_softmax(self, dim: int) -> "Array":
        """Logarithm of the softmax along `dim`."""
        result = self.data - self.data.logsumexp(dim, keepdim=True)
        return made(result, (self, lambda g: g - result.exp() * g.sum(dim, keepdim=True)))

    def sum(self, dim: int | None = None, keepdim: bool = False) -> "Array":
        """Sum of all, or along `dim`."""
        shape = self.data.shape
        if dim is None:
            return made(self.data.sum(), (self, lambda g: g.expand(shape)))
        # with its dimension of size 1 back in place, the gradient is the same for all that were added up
        result = self.data.sum(dim, keepdim=keepdim)
        return made(result, (self, lambda g: (g if keepdim else g.unsqueeze(dim)).expand(shape)))

    def mean(self, dim: int | None = None, keepdim: bool = False) -> "Array":
        """Mean of all, or along `dim`."""
        return self.sum(dim, keepdim) / (self.data.numel() if dim is None else self.data.shape[dim])

    def reshape(self, *shape: int) -> "Array":
        """The same numbers in another shape."""
        return made(self.data.reshape(shape), (self, lambda g: g.reshape(self.data.shape)))

    def transpose(self, dim0: int, dim1: int) -> "Array":
        """Two dimensions exchanged."""
        return made(self.data.transpose(dim0, dim1), (self, lambda g: g.reshape(self.data.shape)))

    def __getitem__(self, index: Any) -> "Array":
        """Whatever index a tensor takes."""

        def back(g: Tensor) -> Tensor:
            # where each entry of the result came from; one that was taken twice gets two gradients
            origin = torch.arange(self.data.numel(), device=g.device).reshape(self.data.shape)[index]
            return g.new_zeros(self.data.numel()).index_add(0, origin.flatten(), g.flatten()).reshape(self.data.shape)

        return made(self.data[index], (self, back))

    def backward(self) -> None:
        """Add the gradient of this single number to the grad of every Array behind it that was computed from nothing."""
        if self.data.numel() != 1:
            raise ValueError(f"backward() starts from one number; this Array has shape {tuple(self.data.shape)}")
        arrived = {self: torch.ones_like(self.data)}
        for array in Value.order(self):  # the walk of scalar_values asks for nothing but `inputs`
            gradient = arrived.pop(array)
            if not array.inputs:
                array.grad = gradient if array.grad is None else array.grad + gradient
            for each, back in zip(array.inputs, array.backs, strict=True):
                part = unbroadcast(back(gradient), each.data.shape)
                arrived[each] = arrived[each] + part if each in arrived else part  # not in place: `part` may be shared


def raw(operand: Operand) -> Any:
    """The tensor or number of an operand."""
    return operand.data if isinstance(operand, Array) else operand


def made(data: Tensor, *sources: tuple[Operand, Back]) -> Array:
    """The result of an operation; operands that are no Arrays are constants and want no gradient."""
    arrays = [(operand, back) for operand, back in sources if isinstance(operand, Array)]
    return Array(data, tuple(operand for operand, _ in arrays), tuple(back for _, back in arrays))
