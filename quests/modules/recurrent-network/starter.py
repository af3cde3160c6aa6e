"""An Elman recurrent network: one step, and layers of it over padded sequences."""

from torch import Tensor, nn


class RNNCell(nn.Module):
    """One step: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu instead of tanh.

    Parameters: weight_ih (H, I), weight_hh (H, H), bias_ih (H,), bias_hh (H,), uniform in +-1 / sqrt(H).
    """

    def __init__(self, input_size: int, hidden_size: int, nonlinearity: str = "tanh") -> None:
        """`nonlinearity` is "tanh" or "relu"; anything else raises ValueError."""
        super().__init__()
        raise NotImplementedError("RNNCell.__init__")

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """x (B, I), h (B, H) -> the next state (B, H)."""
        raise NotImplementedError("RNNCell.forward")


class RNN(nn.Module):
    """Layers of tanh recurrences in one or both directions.

    Parameters as in torch.nn.RNN: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, then the same with the suffix
    _reverse when bidirectional, then l1 (whose input width is H * dirs) and so on.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bidirectional: bool = False) -> None:
        super().__init__()
        raise NotImplementedError("RNN.__init__")

    def forward(self, x: Tensor, lengths: Tensor | None = None, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Run over x (B, T, I).

        Args:
            x: padded sequences; what stands at padding may be anything, NaN included.
            lengths: (B,) int64 in 0 .. T, unsorted; None when all sequences are T long.
            h0: (num_layers * dirs, B, H), layer by layer, forward before backward; None is zeros.

        Returns:
            outputs (B, T, H * dirs) of the last layer, 0 at padding, and h_n in the layout of h0: the state after the
            last real step that each direction takes.
        """
        raise NotImplementedError("RNN.forward")
