"""Takes float64 for large enough."""

import numpy as np
import torch


def share(a):
    return torch.as_tensor(a)


def copy(a, dtype=torch.float32):
    return torch.from_numpy(np.array(a, dtype=np.float64)).to(dtype)


def to_numpy(t):
    return t.numpy(force=True)


def same_memory(a, t):
    return bool(np.shares_memory(a, t.detach().numpy()))
