"""Port an archive whose description is not to be trusted, and prove it."""

from typing import Any

import torch
from find_differences import deviation, diagnose, mended, turned
from map_tensors import convert, load
from torch import nn


def verify(network: nn.Module, recordings: dict[str, Any]) -> tuple[float, float]:
    """Deviations of the output and of the recorded gradient."""
    x = turned(recordings["x"], 0, 3, 1, 2)
    x = x.clone().requires_grad_(x.is_floating_point())
    out = network(x)
    source = x if recordings["of"] == "x" else network.get_parameter(recordings["of"])
    (gradient,) = torch.autograd.grad(out, source, recordings["cotangent"])
    *_, want = recordings["layers"].values()
    return deviation(out, want), deviation(gradient, recordings["gradient"])


def port(archive: dict[str, Any]) -> tuple[nn.Module, dict[str, Any]]:
    """The network, and the archive mended and in torch's layout.

    Raises:
        ValueError: naming the layer that no value of the description explains.
    """
    while (fault := diagnose(archive)) is not None:
        if fault["field"] is None:
            raise ValueError(f"{fault['layer']!r} deviates from its recording, and no suspected value explains it")
        archive = mended(archive, fault["layer"], fault["field"], fault["value"])
    archive = convert(archive)
    network = load(archive)
    output, gradient = verify(network, archive["recordings"])
    if output > 1e-5 or gradient > 1e-4:
        raise ValueError(f"the output deviates by {output:.2g}, the gradient by {gradient:.2g}")
    return network, archive
