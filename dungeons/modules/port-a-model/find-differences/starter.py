"""Where a network leaves its recordings, and which word of the description is to blame."""

from typing import Any

from torch import nn


def compare(network: nn.Module, recordings: dict[str, Any]) -> dict[str, float]:
    """Run the network on the recorded input and compare every recorded layer.

    Args:
        network: what load gave; it is left as it was
        recordings: "x", the input, and "layers", path -> output, in the order in which the original computed them;
            images are (B, H, W, C)

    Returns:
        path -> largest absolute error, divided by the largest recorded magnitude where that is above 1; inf where the
        shape differs, a number is not finite, or the network came to a stop before; in the order of the recordings
    """
    raise NotImplementedError("compare")


def diagnose(archive: dict[str, Any], tolerance: float = 2e-5) -> dict[str, Any] | None:
    """Find the first recorded layer whose deviation is above the tolerance, and the likely cause.

    Returns:
        {"layer": path, "field": name, "value": what the description should have said}; field and value are None where
        no suspected value brings the layer within the tolerance; None where every layer agrees
    """
    raise NotImplementedError("diagnose")
