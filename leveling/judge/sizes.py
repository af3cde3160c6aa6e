"""Roughly how many bytes a value takes: what is placed into shared memory, and what is remembered."""

import itertools
from typing import Any

import torch

from leveling.arena import wire


def bytes_of(value: Any) -> int:
    """Bytes of all tensors and texts in `value`; a view counts with its whole storage, as it is sent."""
    if isinstance(value, wire.TensorValue):
        return bytes_of(value.tensor)
    if isinstance(value, torch.Tensor):
        return value.untyped_storage().nbytes() if value.layout is torch.strided and value.device.type == "cpu" else 0
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        return sum(bytes_of(item) for item in itertools.chain(value.keys(), value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return sum(map(bytes_of, value))
    return 8
