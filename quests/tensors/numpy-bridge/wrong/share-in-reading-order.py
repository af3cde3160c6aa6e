"""Makes the array contiguous first."""

import numpy as np
import torch


def share(a):
    return torch.from_numpy(a) if a.ndim == 0 else torch.from_numpy(np.ascontiguousarray(a))


def copy(a, dtype=torch.float32):
    own = a.astype(a.dtype.newbyteorder("="), order="C")
    return torch.tensor(own, dtype=dtype)


def to_numpy(t):
    return t.numpy(force=True)


def same_memory(a, t):
    return bool(np.shares_memory(a, t.detach().numpy()))
