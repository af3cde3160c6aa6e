"""Leaves the stride of a size of 1 as it was."""

import math

from flat_storage import NDArray, elements, row_major


def permute(x, dims):
    dims = [dim + len(x.shape) if dim < 0 else dim for dim in dims]
    if sorted(dims) != list(range(len(x.shape))):
        raise ValueError(f"{dims} is no permutation")
    return NDArray(x.storage, [x.shape[dim] for dim in dims], [x.strides[dim] for dim in dims], x.offset)


def squeeze(x, dim):
    dim = dim % len(x.shape)
    if x.shape[dim] != 1:
        raise ValueError(f"size {x.shape[dim]} cannot be squeezed")
    return NDArray(x.storage, x.shape[:dim] + x.shape[dim + 1 :], x.strides[:dim] + x.strides[dim + 1 :], x.offset)


def unsqueeze(x, dim):
    dim = dim + len(x.shape) + 1 if dim < 0 else dim
    return NDArray(x.storage, (*x.shape[:dim], 1, *x.shape[dim:]), (*x.strides[:dim], 0, *x.strides[dim:]), x.offset)


def expand(x, shape):
    new = len(shape) - len(x.shape)
    if new < 0:
        raise ValueError("fewer dimensions")
    strides = [0] * new
    for size, stride, wanted in zip(x.shape, x.strides, shape[new:], strict=True):
        if size not in (1, wanted):
            raise ValueError(f"size {size} cannot become {wanted}")
        strides.append(stride)
    return NDArray(x.storage, shape, strides, x.offset)


def in_order(x):
    steps = zip(x.shape, x.strides, row_major(x.shape), strict=True)
    return 0 in x.shape or all(size == 1 or stride == step for size, stride, step in steps)


def contiguous(x):
    return x if in_order(x) else NDArray(elements(x), x.shape, row_major(x.shape))


def reshape(x, shape):
    count, known = math.prod(x.shape), math.prod(size for size in shape if size != -1)
    if -1 in shape and known and count % known == 0 and shape.count(-1) == 1:
        shape = tuple(count // known if size == -1 else size for size in shape)
    if math.prod(shape) != count or -1 in shape:
        raise ValueError(f"{shape} does not hold {count} elements")
    strides = as_view(x, shape)
    if strides is None:
        return NDArray(elements(x), shape, row_major(shape))
    return NDArray(x.storage, shape, strides, x.offset)


def as_view(x, shape):
    """Strides for `shape`, taken off stretches of memory that are walked through evenly; None without any."""
    if 0 in shape:
        return row_major(shape)
    runs = []
    for size, stride in zip(x.shape, x.strides, strict=True):
        if size > 1:
            if runs and runs[-1][1] == size * stride:
                runs[-1] = (runs[-1][0] * size, stride)
            else:
                runs.append((size, stride))
    strides, left, step = [], 1, 0
    for size in reversed(shape):
        if left == 1 and size > 1:
            left, step = runs.pop()
        if left % size:
            return None
        strides.insert(0, step)
        left, step = left // size, step * size
    return strides
