"""Floor 1: a network is a dict of tensors and a function."""

from collections.abc import Sequence

from torch import Tensor


def init(sizes: Sequence[int], seed: int) -> dict[str, Tensor]:
    """Parameters of a network with `sizes` units a layer, inputs first: float32, on the CPU.

    w1 (sizes[1], sizes[0]), b1 (sizes[1],), w2 (sizes[2], sizes[1]), b2, ... in this order. Weights are normal with standard
    deviation sqrt(2 / fan_in), biases 0. The same seed gives the same numbers; the global random state is not touched.
    """
    raise NotImplementedError("init")


def forward(params: dict[str, Tensor], x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Rows x (N, F) -> logits (N, K), and the list of every layer's input, [x, h1, ...].

    A layer is z = h w^T + b; relu stands between the layers, nothing after the last one. Any number of layers from one.
    """
    raise NotImplementedError("forward")
