"""Bit strings of differing lengths, padded at the end; the label is whether the number of ones is odd.

Lengths are uniform in [shortest, longest], bits are fair and independent.

Optimum. The label is a function of the bits: error 0, log loss 0. Nothing short of every bit helps: given all bits of
a string but one, the label is still a fair coin, so whatever ignores a bit (a window, a mean that counts the padding
wrongly, a truncation) has accuracy 1/2 and log loss log 2 = 0.6931 nats on strings that have such a bit. An untrained
network's plateau at 0.693 is this fact.
"""

import torch
from torch import Tensor

from leveling.data.streams import Stream

PAD = 2  # the value after a string's end


def parity(count: int, *, shortest: int = 1, longest: int = 16, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """`count` strings: bits int64 (N, longest) of 0, 1 and PAD; lengths int64 (N,); labels int64 (N,), 1 for odd."""
    if not 1 <= shortest <= longest:
        raise ValueError(f"lengths {shortest} to {longest}: the shortest must be 1 or more, and not above the longest")
    stream = Stream("parity", seed)
    lengths = stream.integers(shortest, longest + 1, count)
    bits = stream.integers(0, 2, count, longest)
    beyond = torch.arange(longest, device="cpu") >= lengths[:, None]
    labels = bits.masked_fill(beyond, 0).sum(dim=1) % 2
    return bits.masked_fill(beyond, PAD), lengths, labels
