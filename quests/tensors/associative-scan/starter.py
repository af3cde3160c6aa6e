"""A linear recurrence over time without a loop over time."""

from torch import Tensor


def linear_scan(a: Tensor, b: Tensor, h0: Tensor | None = None) -> Tensor:
    """Solve h_t = a_t * h_{t-1} + b_t for all t.

    Args:
        a: (B, T, D), the factors; zeros, negatives and tiny values occur
        b: (B, T, D), what each step adds
        h0: (B, D), the state before the first step; zeros when None

    Returns:
        (B, T, D), the state after every step, in the dtype of b; half precision is accumulated in float32
    """
    raise NotImplementedError("linear_scan")


def chunked_scan(a: Tensor, b: Tensor, h0: Tensor | None = None, chunk: int = 64) -> Tensor:
    """The same result: all chunks of `chunk` steps are scanned at once, and a carry connects them.

    Args:
        a, b, h0: as for linear_scan
        chunk: steps a chunk, at least 1; may exceed T and need not divide it

    Returns:
        (B, T, D), as linear_scan
    """
    raise NotImplementedError("chunked_scan")
