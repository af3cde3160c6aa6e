"""Port an archive whose description is not to be trusted, and prove it."""

from typing import Any

from torch import nn


def verify(network: nn.Module, recordings: dict[str, Any]) -> tuple[float, float]:
    """Measure a network against the recorded output and the recorded gradient.

    Args:
        network: in eval mode
        recordings: those of floor 3, and "of", "cotangent", "gradient": the gradient of (output * cotangent).sum() by
            the input if "of" is "x" (images are (B, H, W, C)), else by the parameter of that name

    Returns:
        (deviation of the output, which is the last recorded layer; deviation of the gradient), measured as on floor 3
    """
    raise NotImplementedError("verify")


def port(archive: dict[str, Any]) -> tuple[nn.Module, dict[str, Any]]:
    """Mend the description until every layer agrees, convert, and verify.

    Returns:
        the network in eval mode, and its archive: the mended description with torch's gates, layout "torch", float32
        tensors, everything else as it was; porting that again gives the same

    Raises:
        ValueError: naming the layer whose deviation no suspected value explains; or saying that the output deviates
            by more than 1e-5 or the gradient by more than 1e-4
    """
    raise NotImplementedError("port")
