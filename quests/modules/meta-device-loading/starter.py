"""Large modules without large memory: build on the meta device, fill from disk shard by shard."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn


def skeleton(factory: Callable[[], nn.Module]) -> nn.Module:
    """factory()'s module with every parameter on the meta device.

    Leaves the global random state as it was. What materialise needs besides the shards has to be in the module already.
    """
    raise NotImplementedError("skeleton")


def materialise(
    model: nn.Module, shards: Sequence[str], device: str = "cpu", dtype: torch.dtype | None = None
) -> nn.Module:
    """Fill a skeleton, in place, from files that torch.save wrote: dicts of names and tensors. Returns the model.

    Floating tensors become `dtype` if one is given, else they have the dtype that the factory gave them. The files may
    be overwritten afterwards.

    Raises:
        KeyError: names all missing or unexpected entries.
        ValueError: names an entry of another shape.
    """
    raise NotImplementedError("materialise")


def estimate(factory: Callable[[], nn.Module], batch: tuple[Tensor, ...]) -> dict[str, Any]:
    """What factory()(*batch) would take, with nothing allocated and the global random state as it was.

    Returns:
        "params": elements of all parameters, a tied one once; "param_bytes": their bytes;
        "activation_bytes": bytes of the storages that autograd saves for backward, each once, parameters and buffers
        left out; "output_shape": tuple.
    """
    raise NotImplementedError("estimate")
