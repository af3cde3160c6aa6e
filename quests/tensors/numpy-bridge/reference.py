"""NumPy and PyTorch over the same memory, or on purpose not."""

import numpy as np
import torch
from torch import Tensor


def share(a: np.ndarray) -> Tensor:
    """A CPU tensor over a's memory: same shape, dtype and strides."""
    return torch.from_numpy(a)


def copy(a: np.ndarray, dtype: torch.dtype = torch.float32) -> Tensor:
    """A tensor with memory of its own."""
    native = a.dtype.newbyteorder("=")  # '>f4' becomes float32
    own = np.array(a, dtype=native, order="C")  # fresh, writable, strides positive; a 0-d array stays 0-d
    return torch.from_numpy(own).to(dtype)  # converted once, from the array's own dtype: int64 keeps every digit


def to_numpy(t: Tensor) -> np.ndarray:
    """An array over t's memory where t lies on the CPU, else over a copy."""
    return t.detach().cpu().numpy()  # cpu() hands a CPU tensor back as it is


def same_memory(a: np.ndarray, t: Tensor) -> bool:
    """Whether a write to one can change the other."""
    return bool(np.shares_memory(a, to_numpy(t)))  # exact: it solves for a common address; a copy from a GPU has none
