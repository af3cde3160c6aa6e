"""Look at a tensor through overlapping windows without copying it, and filter a series with them."""

from torch import Tensor


def windows(x: Tensor, size: int, step: int = 1, dim: int = -1) -> Tensor:
    """Lay overlapping windows over one dimension of x, as a view.

    Args:
        x: (..., T, ...) with at least one dimension, any dtype, any strides and storage offset
        size: elements in a window, at least 1
        step: distance between the starts of two neighbouring windows, at least 1; may be larger than size
        dim: the dimension of length T, negative values count from the end

    Returns:
        x's storage seen as x.shape with T replaced by the number of windows, and a last dimension of length size
        appended. Windows that would stick out at the end are left away.

    Raises:
        ValueError: when size is larger than T
    """
    raise NotImplementedError("windows")


def median_filter(x: Tensor, size: int) -> Tensor:
    """Replace every entry of a series by the median of the window around it.

    Args:
        x: (T,) floating or integer; T may be 0
        size: odd; may be larger than T. Beyond the ends the series is continued by its end values

    Returns:
        (T,) in x's dtype

    Raises:
        ValueError: when size is even
    """
    raise NotImplementedError("median_filter")
