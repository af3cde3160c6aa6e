"""Shares first and copies afterwards."""

import numpy as np
import torch


def share(a):
    return torch.as_tensor(a)


def copy(a, dtype=torch.float32):
    if any(stride < 0 for stride in a.strides) or not a.dtype.isnative:
        a = a.astype(a.dtype.newbyteorder("="), order="C")
    return torch.from_numpy(a).to(dtype, copy=True)


def to_numpy(t):
    return t.numpy(force=True)


def same_memory(a, t):
    return bool(np.shares_memory(a, t.detach().numpy()))
