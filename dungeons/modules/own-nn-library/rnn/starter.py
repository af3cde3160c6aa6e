"""An Elman recurrence (Elman, 1990) over sequences of differing lengths, and a network that tells the parity of bits."""

from base_classes import Module
from torch import Tensor


class RNN(Module):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), from h = 0.

    Parameters, in this order: weight_ih_l0 (H, I), weight_hh_l0 (H, H), bias_ih_l0 (H,), bias_hh_l0 (H,). All numbers
    start uniform within 1 / sqrt(H).
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        raise NotImplementedError("RNN.__init__")

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, T, I), lengths int64 (B,) from 0 to T -> outputs (B, T, H), zero at padding, and last states (B, H).

        The last state is the one after a sequence's last real step (zeros where the length is 0). What x holds beyond
        a sequence's end, NaN included, changes neither values nor gradients.
        """
        raise NotImplementedError("RNN.forward")


class ParityNet(Module):
    """Parts, in this order: rnn = RNN(1, hidden), head = Linear(hidden, 2)."""

    def __init__(self, hidden: int = 32) -> None:
        super().__init__()
        raise NotImplementedError("ParityNet.__init__")

    def forward(self, bits: Tensor, lengths: Tensor) -> Tensor:
        """bits int64 (B, T), 0 or 1 before a string's end and anything after it; lengths (B,) -> logits (B, 2).

        A bit goes into the RNN as -10 or 10, in the dtype of the parameters; the head reads the last state.
        """
        raise NotImplementedError("ParityNet.forward")
