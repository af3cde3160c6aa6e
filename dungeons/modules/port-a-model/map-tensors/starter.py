"""From foreign arrays to a state dict."""

from typing import Any

from torch import nn


def convert(archive: dict[str, Any]) -> dict[str, Any]:
    """Turn an archive into one of the layout "torch".

    Args:
        archive: "layers" (the description), "layout" ("torch", or a dict with "conv", "dense", "attention"), "tensors"
            (the archive's names -> floating tensors), and whatever else it carries

    Returns:
        a new archive: "tensors" holds float32 tensors, contiguous and of their own memory, under the names of
        build(layers).state_dict() (counters of batches left out), "layout" is "torch", the layers' "gates" are in
        torch's order, everything else is carried over

    Raises:
        ValueError: naming a key of the archive that is missing, has another shape than described, or fits no layer
    """
    raise NotImplementedError("convert")


def load(archive: dict[str, Any]) -> nn.Module:
    """Build the network of an archive, in float32, with its weights, in eval mode."""
    raise NotImplementedError("load")
