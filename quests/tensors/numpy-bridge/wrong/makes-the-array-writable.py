"""Takes the protection off."""

import numpy as np
import torch


def share(a):
    return torch.as_tensor(a)


def copy(a, dtype=torch.float32):
    if a.flags.c_contiguous:
        a.flags.writeable = True
    return torch.tensor(a.astype(a.dtype.newbyteorder("="), order="C"), dtype=dtype)


def to_numpy(t):
    return t.numpy(force=True)


def same_memory(a, t):
    return bool(np.shares_memory(a, t.detach().numpy()))
