"""Recursion as deep as the graph."""

import math


class Value:
    """A number that remembers what it was computed from.

    Attributes:
        data: the number
        grad: the sum, over all backward() calls so far, of the derivative of the root by this number
        inputs: the values that it was computed from
        slopes: its derivative by each of them, taken when it was computed
    """

    __slots__ = ("data", "grad", "inputs", "slopes")

    def __init__(self, data: float, inputs: tuple["Value", ...] = (), slopes: tuple[float, ...] = ()) -> None:
        self.data = float(data)
        self.grad = 0.0
        self.inputs = inputs
        self.slopes = slopes

    def __add__(self, other: "Value | float") -> "Value":
        other = lifted(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: "Value | float") -> "Value":
        other = lifted(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, exponent: float) -> "Value":
        slope = exponent * self.data ** (exponent - 1) if exponent else 0.0  # x ** 0 is flat, also at 0
        return Value(self.data**exponent, (self,), (slope,))

    def exp(self) -> "Value":
        """e to the power of this."""
        result = math.exp(self.data)
        return Value(result, (self,), (result,))

    def tanh(self) -> "Value":
        """Hyperbolic tangent."""
        result = math.tanh(self.data)
        return Value(result, (self,), (1 - result * result,))

    def relu(self) -> "Value":
        """The larger of this and 0; flat at 0."""
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))

    # the other operators are sums, products and powers
    def __neg__(self) -> "Value":
        return self * -1.0

    def __sub__(self, other: "Value | float") -> "Value":
        return self + -lifted(other)

    def __truediv__(self, other: "Value | float") -> "Value":
        return self * lifted(other) ** -1

    def __rsub__(self, other: float) -> "Value":
        return -self + other

    def __rtruediv__(self, other: float) -> "Value":
        return self**-1 * other

    __radd__, __rmul__ = __add__, __mul__

    def order(self) -> list["Value"]:
        """Depth first, by recursion."""
        found, seen = [], set()

        def visit(value: "Value") -> None:
            if value not in seen:
                seen.add(value)
                for each in value.inputs:
                    visit(each)
                found.append(value)

        visit(self)
        return found[::-1]

    def backward(self) -> None:
        """Add the derivative of this value by every value behind it to that value's grad."""
        arrived = {self: 1.0}  # this call's gradients; grad may hold those of an earlier one
        for value in self.order():
            gradient = arrived[value]
            value.grad += gradient
            for each, slope in zip(value.inputs, value.slopes, strict=True):
                arrived[each] = arrived.get(each, 0.0) + slope * gradient

    def zero_grad(self) -> None:
        """Set grad to 0 for this value and all behind it."""
        for value in self.order():
            value.grad = 0.0


def lifted(number: Value | float) -> Value:
    """A plain number as a Value."""
    return number if isinstance(number, Value) else Value(number)
