"""Elementwise functions by broadcasting, and reductions over axes."""

from flat_storage import NDArray

Operand = NDArray | float
Axes = int | tuple[int, ...] | None


def add(x: Operand, y: Operand) -> NDArray:
    """Add, elementwise, with broadcasting; a number may stand for an array."""
    raise NotImplementedError("add")


def subtract(x: Operand, y: Operand) -> NDArray:
    """Compute x - y, elementwise."""
    raise NotImplementedError("subtract")


def multiply(x: Operand, y: Operand) -> NDArray:
    """Compute x * y, elementwise."""
    raise NotImplementedError("multiply")


def divide(x: Operand, y: Operand) -> NDArray:
    """Compute x / y, elementwise; of integers too the result is floating."""
    raise NotImplementedError("divide")


def maximum(x: Operand, y: Operand) -> NDArray:
    """Take the larger one, elementwise; NaN wins."""
    raise NotImplementedError("maximum")


def exp(x: NDArray) -> NDArray:
    """Compute e to the power of x, elementwise."""
    raise NotImplementedError("exp")


def equal(x: Operand, y: Operand) -> NDArray:
    """Compare: bool, where x equals y."""
    raise NotImplementedError("equal")


def less(x: Operand, y: Operand) -> NDArray:
    """Compare: bool, where x is below y."""
    raise NotImplementedError("less")


def where(condition: NDArray, x: Operand, y: Operand) -> NDArray:
    """Choose x where the condition holds, else y; what is not chosen has no influence."""
    raise NotImplementedError("where")


def sum_over(x: NDArray, axes: Axes = None, keepdims: bool = False) -> NDArray:
    """Add up over one axis, several, or (None) all; integers and bools add up in int64.

    Args:
        x: of any strides
        axes: an int, a tuple of ints (negative ones count from the end), or None
        keepdims: whether reduced axes stay, with size 1
    """
    raise NotImplementedError("sum_over")


def mean_over(x: NDArray, axes: Axes = None, keepdims: bool = False) -> NDArray:
    """Average: floating, float32 for integers and bools; NaN over nothing."""
    raise NotImplementedError("mean_over")


def max_over(x: NDArray, axes: Axes = None, keepdims: bool = False) -> NDArray:
    """Find the maximum; ValueError over nothing."""
    raise NotImplementedError("max_over")


def argmax(x: NDArray, axis: int, keepdims: bool = False) -> NDArray:
    """Find where along one axis the first maximum stands: int64; ValueError over nothing."""
    raise NotImplementedError("argmax")
