"""ascontiguousarray adds a dimension."""

import numpy as np
import torch


def share(a):
    return torch.as_tensor(a)


def copy(a, dtype=torch.float32):
    return torch.tensor(np.ascontiguousarray(a, dtype=a.dtype.newbyteorder("=")), dtype=dtype)


def to_numpy(t):
    return t.numpy(force=True)


def same_memory(a, t):
    return bool(np.shares_memory(a, t.detach().numpy()))
