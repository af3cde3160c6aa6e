"""Multi-head attention over one sequence (self) or two (cross). See the brief for the layout of heads and masks."""

from torch import Tensor, nn


class MultiHeadAttention(nn.Module):
    """Self-attention, or cross-attention when a memory is given.

    Submodules (nn.Linear): q_proj d -> d, k_proj and v_proj d_memory -> d, out_proj d -> d.
    """

    def __init__(
        self, d: int, n_heads: int, d_memory: int | None = None, bias: bool = True, dropout: float = 0.0
    ) -> None:
        """
        Args:
            d: width of the queries' sequence and of the result; a multiple of n_heads
            n_heads: head i owns features i*D .. (i+1)*D - 1, where D = d / n_heads
            d_memory: width of the memory; d when None
            bias: whether all four projections have one
            dropout: probability of dropping an attention weight, in training only

        Raises:
            ValueError: when n_heads does not divide d
        """
        super().__init__()
        raise NotImplementedError("MultiHeadAttention.__init__")

    def forward(
        self, x: Tensor, memory: Tensor | None = None, key_keep: Tensor | None = None, attn_keep: Tensor | None = None
    ) -> Tensor:
        """Let every position of x look at the memory (at x itself when memory is None).

        Args:
            x: (B, Tq, d)
            memory: (B, Tk, d_memory)
            key_keep: bool (B, Tk); True where the key may be looked at
            attn_keep: bool (Tq, Tk) or (B, 1 or n_heads, Tq, Tk); True where the query may look at the key

        Returns:
            (B, Tq, d); with both masks given a key counts where both are True; a query without any key gets
            what out_proj makes of zeros
        """
        raise NotImplementedError("MultiHeadAttention.forward")


def load_torch(m: MultiHeadAttention, ref: nn.MultiheadAttention) -> None:
    """Copy the weights of PyTorch's module into m (same d, heads, widths and bias); the two share no memory.

    ref holds one packed in_proj_weight (3d, d) with the rows of q, k, v in this order, or, when kdim or vdim differ
    from its embed_dim, separate q_proj_weight, k_proj_weight, v_proj_weight; in_proj_bias (3d,) is packed in both cases.
    """
    raise NotImplementedError("load_torch")
