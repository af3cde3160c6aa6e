"""Where a network leaves its recordings, and which word of the description is to blame."""

import copy
import math
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import torch
from map_tensors import load
from rebuild import Layer, walk
from torch import Tensor, nn

SUSPECTS: dict[str, Sequence[Any]] = {
    "epsilon": (1e-2, 1e-3, 1e-5, 1e-6, 1e-12),
    "function": ("relu", "gelu", "gelu_tanh", "silu"),
    "padding": ("valid", "symmetric", "same_end", "same_start"),
    "causal": (False, True),
}


def turned(x: Tensor, *dims: int) -> Tensor:
    """Images change between (B, H, W, C) and (B, C, H, W); everything else stays."""
    return x.permute(dims) if x.ndim == 4 else x


def deviation(got: Tensor | None, want: Tensor) -> float:
    """Largest error, relative to the largest recorded value where that is above 1; inf where nothing can be compared."""
    if got is None or turned(got, 0, 2, 3, 1).shape != want.shape:
        return math.inf
    error = (turned(got, 0, 2, 3, 1) - want).abs().max() / want.abs().max().clamp(min=1)
    return error.item() if error.isfinite() else math.inf


def compare(network: nn.Module, recordings: dict[str, Any]) -> dict[str, float]:
    """The deviation of every recorded layer, in the order of the recordings."""
    made: dict[str, Tensor] = {}
    handles = [
        network.get_submodule(path).register_forward_hook(lambda _, __, out, path=path: made.update({path: out}))
        for path in recordings["layers"]
    ]
    try:
        with torch.no_grad():
            network(turned(recordings["x"], 0, 3, 1, 2))
    except RuntimeError:
        pass  # a wrong layer may hand on a shape that a later one refuses: what came before is known
    finally:
        for handle in handles:
            handle.remove()
    return {path: deviation(made.get(path), want) for path, want in recordings["layers"].items()}


def mended(archive: dict[str, Any], place: str, field: str, value: Any) -> dict[str, Any]:
    """The archive with one word of its description changed."""
    layers = copy.deepcopy(archive["layers"])
    dict(walk(layers))[place][field] = value
    return archive | {"layers": layers}


def suspects(layer: Layer) -> list[tuple[str, Any]]:
    """All (field, value) that this layer might have meant."""
    known = SUSPECTS | {"gates": ["".join(order) for order in permutations(layer.get("gates", ""))]}
    return [(field, value) for field, values in known.items() if field in layer for value in values]


def diagnose(archive: dict[str, Any], tolerance: float = 2e-5) -> dict[str, Any] | None:
    """The first layer that deviates, with the field and the value that would reproduce its recording.

    Returns:
        {"layer", "field", "value"}, where field and value are None if no other value helps; None if all layers agree.
    """
    found = compare(load(archive), archive["recordings"])
    place = next((path for path, error in found.items() if error > tolerance), None)
    if place is None:
        return None
    least, cause = tolerance, (None, None)
    for field, value in suspects(dict(walk(archive["layers"]))[place]):
        error = compare(load(mended(archive, place, field, value)), archive["recordings"])[place]
        if error < least:
            least, cause = error, (field, value)
    return {"layer": place, "field": cause[0], "value": cause[1]}
