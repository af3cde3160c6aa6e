"""A scalar that knows its derivatives."""


class Value:
    """A number that remembers what it was computed from.

    Attributes:
        data: the number, a float
        grad: 0.0 at first; backward() adds the derivative of the root by this number
    """

    def __init__(self, data: float, inputs: tuple["Value", ...] = (), slopes: tuple[float, ...] = ()) -> None:
        """Value(3) has to work; `inputs` and `slopes` (the derivative by each input) are a proposal."""
        raise NotImplementedError("Value.__init__")

    def __add__(self, other: "Value | float") -> "Value":
        raise NotImplementedError("Value.__add__")

    def __mul__(self, other: "Value | float") -> "Value":
        raise NotImplementedError("Value.__mul__")

    def __pow__(self, exponent: float) -> "Value":
        """The exponent is a plain number."""
        raise NotImplementedError("Value.__pow__")

    # To come: -v, v - w, v / w, and a plain number on the left: 2 + v, 2 - v, 2 * v, 2 / v

    def exp(self) -> "Value":
        """e to the power of this."""
        raise NotImplementedError("Value.exp")

    def tanh(self) -> "Value":
        """Hyperbolic tangent."""
        raise NotImplementedError("Value.tanh")

    def relu(self) -> "Value":
        """The larger of this and 0; its derivative at 0 is 0."""
        raise NotImplementedError("Value.relu")

    def backward(self) -> None:
        """Add the derivative of this value by every value behind it (itself included) to that value's grad."""
        raise NotImplementedError("Value.backward")

    def zero_grad(self) -> None:
        """Set grad to 0 for this value and all behind it."""
        raise NotImplementedError("Value.zero_grad")
