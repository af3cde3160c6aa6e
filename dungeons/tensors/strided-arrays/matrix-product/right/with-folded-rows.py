"""Independent idiom: a stack times one matrix is one large product; only stacks on both sides are multiplied in turn."""

from itertools import product
from math import prod

import torch
from flat_storage import NDArray, elements, row_major
from views import expand, reshape


def matmul(x, y):
    if not (x.shape and y.shape):
        raise ValueError("a number is no matrix")
    left = reshape(x, (1, *x.shape)) if len(x.shape) == 1 else x
    right = reshape(y, (*y.shape, 1)) if len(y.shape) == 1 else y
    *first, n, k = left.shape
    *second, inner, m = right.shape
    if k != inner:
        raise ValueError(f"{k} is not {inner}")
    dtype = torch.promote_types(x.storage.dtype, y.storage.dtype)
    if not second:
        batch = tuple(first)
        flat = elements(left).view(prod(first) * n, k).to(dtype) @ elements(right).view(k, m).to(dtype)
    else:
        rank = max(len(first), len(second))
        pairs = zip([1] * (rank - len(first)) + first, [1] * (rank - len(second)) + second, strict=True)
        batch = tuple(b if a == 1 else a for a, b in pairs)
        left, right = expand(left, (*batch, n, k)), expand(right, (*batch, k, m))
        flat = torch.zeros(prod(batch), n, m, dtype=dtype)
        for place, index in enumerate(product(*map(range, batch))):
            one, other = elements(left[index]).view(n, k), elements(right[index]).view(k, m)
            flat[place] = one.to(dtype) @ other.to(dtype)
    shape = (*batch, n, m)
    result = NDArray(flat.reshape(-1), shape, row_major(shape))
    return reshape(result, (*batch, *((n,) if len(x.shape) > 1 else ()), *((m,) if len(y.shape) > 1 else ())))
