"""Correct, but multiplies one row of the result at a time."""

import math

import torch
from flat_storage import NDArray, elements, row_major
from views import expand, reshape, unsqueeze


def together(first, second):
    rank = max(len(first), len(second))
    first, second = (1,) * (rank - len(first)) + first, (1,) * (rank - len(second)) + second
    if any(a != b and 1 not in (a, b) for a, b in zip(first, second, strict=True)):
        raise ValueError(f"{first} and {second} do not broadcast")
    return tuple(b if a == 1 else a for a, b in zip(first, second, strict=True))


def block(x, batch):
    sizes = x.shape[-2:]
    return elements(expand(x, (*batch, *sizes))).reshape(math.prod(batch), *sizes)


def matmul(x, y):
    if not x.shape or not y.shape:
        raise ValueError("an operand has no dimension")
    left = unsqueeze(x, 0) if len(x.shape) == 1 else x
    right = unsqueeze(y, 1) if len(y.shape) == 1 else y
    if left.shape[-1] != right.shape[-2]:
        raise ValueError("inner sizes differ")
    batch = together(left.shape[:-2], right.shape[:-2])
    dtype = torch.promote_types(x.storage.dtype, y.storage.dtype)
    first, second = block(left, batch).to(dtype), block(right, batch).to(dtype)
    rows = [(row.unsqueeze(-1) * second).sum(1, dtype=dtype) for row in first.unbind(1)]
    product = torch.stack(rows, dim=1) if rows else first @ second
    shape = (*batch, *left.shape[-2:-1], *right.shape[-1:])
    kept = (*batch, *(left.shape[-2:-1] if len(x.shape) > 1 else ()), *(right.shape[-1:] if len(y.shape) > 1 else ()))
    return reshape(NDArray(product.reshape(-1), shape, row_major(shape)), kept)
