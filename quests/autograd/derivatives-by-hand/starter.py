"""Derivatives by hand against autograd. Write each slope as a formula; only `compare` may ask autograd."""

from collections.abc import Callable

from torch import Tensor


def sigmoid_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
    """s(x) = 1 / (1 + e^-x) and s'(x), elementwise.

    Args:
        x: any shape, also () and size 0; finite everywhere, from -1e4 to 1e4

    Returns:
        value and slope, both of the shape and dtype of x
    """
    raise NotImplementedError("sigmoid_and_slope")


def tanh_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
    """tanh(x) and its slope, elementwise. Shapes as above."""
    raise NotImplementedError("tanh_and_slope")


def gaussian_and_slope(x: Tensor, mu: float | Tensor, sigma: float | Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The normal density e^(-(x - mu)^2 / (2 sigma^2)) / (sigma sqrt(2 pi)) and three slopes.

    Args:
        x: any shape
        mu, sigma: numbers, or tensors that broadcast against x; sigma > 0

    Returns:
        density, d/dx, d/dmu, d/dsigma, each of the broadcast shape (slopes per element: nothing is summed)
    """
    raise NotImplementedError("gaussian_and_slope")


def rational_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
    """(x^2 - 1) / (x^2 + 1) and its slope, elementwise."""
    raise NotImplementedError("rational_and_slope")


def softplus_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
    """log(1 + e^x) and its slope, elementwise; softplus(1e4) is 1e4, with slope 1."""
    raise NotImplementedError("softplus_and_slope")


def compare(f: Callable[[Tensor], Tensor], slope: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The largest |manual - automatic| derivative over x.

    Args:
        f: elementwise, written in torch operations
        slope: the derivative of f worked out by hand, elementwise
        x: any shape; stays as it is, its .grad included

    Returns:
        shape (), in the dtype of x; 0 when x is empty, NaN when any difference is NaN
    """
    raise NotImplementedError("compare")
