"""Shares small arrays, copies large ones."""

import numpy as np
import torch


def share(a):
    return torch.from_numpy(a) if a.size < 1000 else torch.tensor(a)


def copy(a, dtype=torch.float32):
    own = a.astype(a.dtype.newbyteorder("="), order="C")
    return torch.tensor(own, dtype=dtype)


def to_numpy(t):
    return t.numpy(force=True) if t.numel() < 1000 else t.detach().clone().cpu().numpy()


def same_memory(a, t):
    return bool(np.shares_memory(a, t.detach().numpy()))
