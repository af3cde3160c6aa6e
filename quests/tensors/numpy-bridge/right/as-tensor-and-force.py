"""Other calls: as_tensor, astype, numpy(force=True)."""

import numpy as np
import torch


def share(a):
    return torch.as_tensor(a)


def copy(a, dtype=torch.float32):
    own = a.astype(a.dtype.newbyteorder("="), order="C")
    return torch.tensor(own, dtype=dtype)


def to_numpy(t):
    return t.numpy(force=True)


def same_memory(a, t):
    return bool(np.shares_memory(a, t.detach().numpy()))
