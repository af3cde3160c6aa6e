"""The network that a foreign description describes, out of torch's own parts."""

from typing import Any

from torch import nn

Layer = dict[str, Any]


def build(layers: list[Layer]) -> nn.Module:
    """Build the network that runs these layers one after the other.

    Args:
        layers: one dict a layer with "kind", "name" and the kind's own fields (the brief's table); a residual has
            the lists "body" and "shortcut" of further layers

    Returns:
        a module in which each layer stands at its path, "conv1" or "block1.body.conv1": get_submodule(path) is it,
        and its parameters have the brief's names

    Raises:
        ValueError: for a kind that nobody knows, naming the layer and the kind
    """
    raise NotImplementedError("build")
