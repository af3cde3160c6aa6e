"""Promotion trial: three architectures from one page of description. Names in code style are keys of state_dict."""

from torch import Tensor, nn


class Network(nn.Module):
    """One of three architectures, chosen by config["kind"]; any other kind raises ValueError.

    config: "width", "classes", "input" (the shape of one sample), and
        "mixer": "depth", "expansion", "kernel" (odd);   input (C, H, W)
        "dense": "stages" (blocks of each stage, 0 allowed), "reduction";   input (C, H, W)
        "set":   "depth", "expansion";   input (N, F)
    H, W and N of "input" serve `summary` alone: forward takes any.
    """

    def __init__(self, config: dict) -> None:
        super().__init__()
        raise NotImplementedError("Network.__init__")

    def forward(self, x: Tensor | tuple[Tensor, Tensor]) -> Tensor:
        """x (B, C, H, W); for sets a pair of elements (B, N, F) and keep (B, N) bool -> (B, classes)."""
        raise NotImplementedError("Network.forward")


def summary(config: dict) -> dict:
    """What a network will cost, from its config alone.

    Returns:
        "params": int, numbers in its parameters
        "output_shape": tuple, of one sample
        "macs": int, multiply-adds of all convolutions and linear layers for one sample of shape "input"
    """
    raise NotImplementedError("summary")
