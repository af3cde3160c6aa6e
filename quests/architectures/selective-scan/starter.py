"""The selective scan of Mamba: a linear recurrence whose step size, input and output weights depend on the token."""

from torch import Tensor


def selective_scan(
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    z: Tensor | None = None,
    dt_bias: Tensor | None = None,
    state: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Run d independent channels, each with N numbers of memory, over T tokens.

    Args:
        x: (Bt, T, d) input
        dt: (Bt, T, d) step sizes before the softplus
        A: (d, N) negative: how fast each number of memory fades
        B: (Bt, T, N) how the token is written
        C: (Bt, T, N) how the memory is read
        D: (d,) skip from x to y, or None
        z: (Bt, T, d) gate, or None
        dt_bias: (d,) added to dt before the softplus, or None
        state: (Bt, d, N) memory before the first token; None is zeros

    Returns:
        y (Bt, T, d) in the dtype of x, and the state after the last token (Bt, d, N), in float32 when x is half precision
    """
    raise NotImplementedError("selective_scan")
