"""Exact attention, tile by tile: the score matrix is never built."""

from torch import Tensor


def flash_forward(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    causal: bool = False,
    scale: float | None = None,
    block_q: int = 64,
    block_k: int = 64,
) -> tuple[Tensor, Tensor]:
    """softmax(q k^T * scale) v from tiles of block_q queries and block_k keys.

    Args:
        q: (B, H, T, D)
        k: (B, Hk, S, D), where H is a multiple of Hk and query head h reads key head h // (H // Hk)
        v: (B, Hk, S, D)
        causal: query i sees the keys 0 .. i + S - T (the last query sees every key)
        scale: factor on the scores; 1 / sqrt(D) when None
        block_q: queries a tile
        block_k: keys a tile

    Returns:
        out (B, H, T, D) in the dtype of q, and log-sum-exp of each row's scores (B, H, T), in float32 (float64 for float64);
        a query that sees no key gets zeros and -inf
    """
    raise NotImplementedError("flash_forward")
