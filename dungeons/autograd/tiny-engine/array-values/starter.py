"""The engine over arrays."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

Back = Callable[[Tensor], Tensor]
Operand = Any  # an Array; a tensor or a number is a constant


class Array:
    """A tensor that remembers what it was computed from.

    Attributes:
        data: the tensor
        grad: None at first; backward() adds the root's gradient, in data's shape, if this Array was computed from nothing
    """

    def __init__(self, data: Tensor, inputs: tuple["Array", ...] = (), backs: tuple[Back, ...] = ()) -> None:
        """Array(tensor) has to work; `inputs` and `backs` (a function for each, from gradient to gradient) are a proposal."""
        raise NotImplementedError("Array.__init__")

    def __add__(self, other: Operand) -> "Array":
        raise NotImplementedError("Array.__add__")

    def __mul__(self, other: Operand) -> "Array":
        raise NotImplementedError("Array.__mul__")

    # To come: -, /, negation, @, and plain tensors and numbers on the left of all of them

    def exp(self) -> "Array":
        """Elementwise exponential."""
        raise NotImplementedError("Array.exp")

    def tanh(self) -> "Array":
        """Elementwise hyperbolic tangent."""
        raise NotImplementedError("Array.tanh")

    def relu(self) -> "Array":
        """Elementwise max(x, 0); flat at 0."""
        raise NotImplementedError("Array.relu")

    def log_softmax(self, dim: int) -> "Array":
        """Logarithm of the softmax along `dim`; logits may be 10,000."""
        raise NotImplementedError("Array.log_softmax")

    def sum(self, dim: int | None = None, keepdim: bool = False) -> "Array":
        """Sum of all, or along `dim`."""
        raise NotImplementedError("Array.sum")

    def mean(self, dim: int | None = None, keepdim: bool = False) -> "Array":
        """Mean of all, or along `dim`."""
        raise NotImplementedError("Array.mean")

    def reshape(self, *shape: int) -> "Array":
        """The same numbers in another shape."""
        raise NotImplementedError("Array.reshape")

    def transpose(self, dim0: int, dim1: int) -> "Array":
        """Two dimensions exchanged."""
        raise NotImplementedError("Array.transpose")

    def __getitem__(self, index: Any) -> "Array":
        """Whatever index a tensor takes."""
        raise NotImplementedError("Array.__getitem__")

    def backward(self) -> None:
        """Add the gradient of this single number to the grad of every Array behind it that was computed from nothing.

        Raises:
            ValueError: when this is not one number.
        """
        raise NotImplementedError("Array.backward")
