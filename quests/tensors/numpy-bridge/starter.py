"""NumPy arrays and tensors: shared or copied."""

import numpy as np
import torch


def share(a: np.ndarray) -> torch.Tensor:
    """A CPU tensor over the same memory as a (any shape), with a's dtype and strides.

    a is writable, in native byte order, of a dtype that PyTorch has, and has no negative strides.
    """
    raise NotImplementedError("share")


def copy(a: np.ndarray, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """A tensor of a's shape and the given dtype in memory of its own.

    a holds booleans, integers or floats and may be anything that NumPy allows: negative strides, other byte order,
    read-only, no elements, 0-d. No warning is emitted.
    """
    raise NotImplementedError("copy")


def to_numpy(t: torch.Tensor) -> np.ndarray:
    """An array with t's values; over the same memory where t lies on the CPU, also when t requires grad."""
    raise NotImplementedError("to_numpy")


def same_memory(a: np.ndarray, t: torch.Tensor) -> bool:
    """True when writing an element of one can change an element of the other."""
    raise NotImplementedError("same_memory")
