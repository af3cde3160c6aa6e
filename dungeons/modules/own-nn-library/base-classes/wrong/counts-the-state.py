"""Counts the state."""

import io

import torch
from echoes.modules.module_from_scratch import Module, Parameter, Sequential

__all__ = ["Module", "Parameter", "Sequential", "count", "from_bytes", "to_bytes"]


def count(module):
    return sum(value.numel() for value in module.state_dict().values())


def to_bytes(module):
    file = io.BytesIO()
    torch.save({name: value.clone() for name, value in module.state_dict().items()}, file)
    return file.getvalue()


def from_bytes(module, data):
    module.load_state_dict(torch.load(io.BytesIO(data), weights_only=True))
    return module
