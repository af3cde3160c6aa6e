"""The floor everything stands on: the base classes, how many numbers are trained, and a model as bytes."""

import io

import torch
from echoes.modules.module_from_scratch import Module, Parameter, Sequential

__all__ = ["Module", "Parameter", "Sequential", "count", "from_bytes", "to_bytes"]


def count(module: Module) -> int:
    """Numbers that training changes: shared parameters once, frozen ones and buffers not at all."""
    return sum(each.data.numel() for each in module.parameters() if each.data.requires_grad)


def to_bytes(module: Module) -> bytes:
    """The state as it is now. Cloned, because torch.save writes the whole memory that a view looks into."""
    file = io.BytesIO()
    torch.save({name: value.clone() for name, value in module.state_dict().items()}, file)
    return file.getvalue()


def from_bytes(module: Module, data: bytes) -> Module:
    """Fill a module of the same make with the state that `data` holds; tensors only, whatever else the bytes ask for."""
    module.load_state_dict(torch.load(io.BytesIO(data), weights_only=True))
    return module
