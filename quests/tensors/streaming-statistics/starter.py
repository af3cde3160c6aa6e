"""Mean, variance and covariance of a stream of batches, exact however the stream is cut."""

from torch import Tensor


class Moments:
    """First and second moments of all rows seen so far. Works in float64, whatever the dtype of the batches."""

    def __init__(self, dim: int) -> None:
        """Begin with no rows.

        Args:
            dim: columns of every batch
        """
        raise NotImplementedError("Moments.__init__")

    def update(self, x: Tensor) -> None:
        """Take in a batch; its autograd graph, if it has one, is not kept.

        Args:
            x: (N, dim), N >= 0, floating (half precision too) or integer

        Raises:
            ValueError: when x is not of shape (N, dim)
        """
        raise NotImplementedError("Moments.update")

    def merge(self, other: "Moments") -> "Moments":
        """A new object that has seen the rows of both; neither operand changes, now or later.

        Raises:
            ValueError: when the two differ in dim
        """
        raise NotImplementedError("Moments.merge")

    def mean(self) -> Tensor:
        """(dim,) float64, the caller's to keep; NaN before the first row."""
        raise NotImplementedError("Moments.mean")

    def var(self, correction: int = 1) -> Tensor:
        """(dim,) float64: the sum of squared deviations over (rows - correction); NaN unless rows > correction."""
        raise NotImplementedError("Moments.var")

    def cov(self, correction: int = 1) -> Tensor:
        """(dim, dim) float64: the covariance matrix, as var on its diagonal; NaN unless rows > correction."""
        raise NotImplementedError("Moments.cov")
