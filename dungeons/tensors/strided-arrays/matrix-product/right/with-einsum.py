"""Independent idiom: labels for every dimension, and the einsum of torch on gathered tensors."""

import torch
from flat_storage import array, elements
from views import contiguous


def matmul(x, y):
    if 0 in (len(x.shape), len(y.shape)):
        raise ValueError("both operands need a dimension")
    inner = (x.shape[-1], y.shape[-2] if len(y.shape) > 1 else y.shape[0])
    if inner[0] != inner[1]:
        raise ValueError(f"{inner[0]} columns meet {inner[1]} rows")
    for a, b in zip(x.shape[-3::-1], y.shape[-3::-1], strict=False):
        if a != b and 1 not in (a, b):
            raise ValueError(f"leading sizes {a} and {b}")
    dtype = torch.promote_types(x.storage.dtype, y.storage.dtype)
    first, second = (elements(contiguous(each)).view(each.shape).to(dtype) for each in (x, y))
    rows, columns = ("n" if len(x.shape) > 1 else ""), ("m" if len(y.shape) > 1 else "")
    return array(torch.einsum(f"...{rows}k,...k{columns}->...{rows}{columns}", first, second))
