"""einsum, built from sums, views and batched matrix products."""

from torch import Tensor


def einsum(equation: str, *operands: Tensor) -> Tensor:
    """Multiply operands along equal letters and sum over the letters that the output does not name.

    Args:
        equation: letters a-z for the dimensions of each operand, separated by commas; optional "->" and the output's
            letters; optional "..." for leading dimensions that broadcast; spaces mean nothing. "bij,bjk->bik"
        operands: one or more tensors of one dtype, as many as the equation describes

    Returns:
        a tensor with the output's dimensions in the output's order

    Raises:
        ValueError: when sizes under one letter do not fit (the message names the letter), or when the equation does
            not fit the operands
    """
    raise NotImplementedError("einsum")
