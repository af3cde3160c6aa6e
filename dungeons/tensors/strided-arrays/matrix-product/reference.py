"""The matrix product of arrays with any number of dimensions: one batched product of contiguous blocks."""

import math

import torch
from echoes.tensors.broadcast_shapes import broadcast_shape
from flat_storage import NDArray, elements, row_major
from torch import Tensor
from views import expand, squeeze, unsqueeze


def matmul(x: NDArray, y: NDArray) -> NDArray:
    """(..., n, k) times (..., k, m) -> (..., n, m); leading dimensions broadcast, a single dimension is a vector.

    Raises:
        ValueError: when an operand has no dimension, or the inner sizes differ, or the leading ones do not broadcast.
    """
    if not x.shape or not y.shape:
        raise ValueError(f"a product needs dimensions, got shapes {x.shape} and {y.shape}")
    left = unsqueeze(x, 0) if len(x.shape) == 1 else x  # a vector on the left is a row
    right = unsqueeze(y, 1) if len(y.shape) == 1 else y  # and on the right a column
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(f"inner sizes differ: {x.shape} and {y.shape}")
    batch = broadcast_shape(left.shape[:-2], right.shape[:-2])
    dtype = torch.promote_types(x.storage.dtype, y.storage.dtype)
    product = torch.bmm(blocks(left, batch).to(dtype), blocks(right, batch).to(dtype))  # (batch, n, m)
    shape = (*batch, left.shape[-2], right.shape[-1])
    result = NDArray(product.flatten(), shape, row_major(shape))
    result = squeeze(result, -1) if len(y.shape) == 1 else result
    return squeeze(result, len(batch)) if len(x.shape) == 1 else result


def blocks(x: NDArray, batch: tuple[int, ...]) -> Tensor:
    """(..., n, k) -> (product of batch, n, k), contiguous; only what is stretched or strided is copied."""
    rows, columns = x.shape[-2:]
    return elements(expand(x, (*batch, rows, columns))).view(math.prod(batch), rows, columns)
