"""What shape, strides and offset say about a tensor, without asking PyTorch.

`view_strides` decides as PyTorch's `Tensor.view` does (computeStride in ATen/TensorUtils.cpp), in other words.
"""

import math

import torch
from torch import Tensor

Sizes = tuple[int, ...]


def is_contiguous(shape: Sizes, strides: Sizes) -> bool:
    """Whether walking through the indices in reading order walks through memory one by one."""
    expected = 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size != 1 and stride != expected and 0 not in shape:  # nobody ever steps along a size of 1
            return False
        expected *= size
    return True


def element_offset(index: Sizes, strides: Sizes, offset: int) -> int:
    """Where in the storage the element at `index` lies, counted in elements."""
    return offset + sum(place * stride for place, stride in zip(index, strides, strict=True))


def view_strides(shape: Sizes, strides: Sizes, new_shape: Sizes) -> Sizes | None:
    """Strides that read (shape, strides) as `new_shape`, None where only a copy can.

    Raises:
        ValueError: when `new_shape` has another number of elements, or -1 in it has no single meaning.
    """
    count = math.prod(shape)
    new_shape = resolved(new_shape, count)
    if count == 0:
        return (1,) * len(new_shape)  # there is nothing to reach: any strides will do
    blocks: list[tuple[int, int]] = []  # (elements, stride): stretches that are walked through with one stride
    for size, stride in zip(shape, strides, strict=True):
        if size == 1:
            continue
        if blocks and blocks[-1][1] == size * stride:  # the outer dimension goes on where this one ends
            blocks[-1] = (blocks[-1][0] * size, stride)
        else:
            blocks.append((size, stride))
    result: list[int] = []
    left, step = 1, 1  # what is left of the current block, and the stride at which it is walked
    for size in reversed(new_shape):
        if left == 1 and size != 1:
            left, step = blocks.pop()
        if left % size:
            return None  # this dimension would run over the end of a block
        result.append(step)
        left, step = left // size, step * size
    return tuple(reversed(result))


def resolved(new_shape: Sizes, count: int) -> Sizes:
    """`new_shape` with its -1, if any, replaced by the size that makes `count` elements.

    Raises:
        ValueError: when there is no such size, or more than one.
    """
    unknown = [dim for dim, size in enumerate(new_shape) if size == -1]
    known = math.prod(size for size in new_shape if size != -1)
    if len(unknown) > 1 or any(size < -1 for size in new_shape):
        raise ValueError(f"{new_shape} is no shape: at most one size may be -1, and none below")
    if not unknown:
        if known != count:
            raise ValueError(f"{new_shape} has {known} elements, the tensor {count}")
        return tuple(new_shape)
    if known == 0 or count % known:
        raise ValueError(f"no single size for -1 in {new_shape} makes {count} elements")
    return tuple(count // known if size == -1 else size for size in new_shape)


def internally_overlaps(shape: Sizes, strides: Sizes) -> bool:
    """Whether two different indices reach the same address."""
    if 0 in shape:
        return False
    reach = 0  # the farthest address of the dimensions so far, from the smallest stride up
    for stride, size in sorted((stride, size) for size, stride in zip(shape, strides, strict=True) if size > 1):
        if stride == 0:
            return True
        if stride <= reach:
            break  # may meet: only counting can tell
        reach += stride * (size - 1)
    else:
        return False  # like the digits of a number: every index has an address of its own
    reached = addresses(shape, strides)
    return len(reached.unique()) < len(reached)


def shares_elements(a: Tensor, b: Tensor) -> bool:
    """Whether some byte of memory is reachable through both tensors."""
    return bool(torch.isin(bytes_of(a), bytes_of(b)).any())


def addresses(shape: Sizes, strides: Sizes) -> Tensor:
    """(number of elements,) int64: where each element lies, from the first one on."""
    reached = torch.zeros(1, dtype=torch.int64)
    for size, stride in zip(shape, strides, strict=True):
        reached = (reached[:, None] + torch.arange(size) * stride).flatten()  # (so far, 1) + (size,)
    return reached


def bytes_of(x: Tensor) -> Tensor:
    """int64 (number of elements, bytes of each): the memory addresses of all of them."""
    starts = x.data_ptr() + addresses(x.shape, x.stride()) * x.element_size()  # data_ptr is the first element's
    return starts[:, None] + torch.arange(x.element_size())  # (N, 1) + (bytes,)
