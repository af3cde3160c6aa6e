"""A view is possible when old and new indices of neighbours lie equally far apart: checked element by element."""

import itertools
import math


def is_contiguous(shape, strides):
    if 0 in shape:
        return True
    dims = [(size, stride) for size, stride in zip(shape, strides, strict=True) if size != 1]
    return all(dims[k][1] == math.prod(size for size, _ in dims[k + 1 :]) for k in range(len(dims)))


def element_offset(index, strides, offset):
    for place, stride in zip(index, strides, strict=True):
        offset += place * stride
    return offset


def infer(new_shape, count):
    if new_shape.count(-1) > 1 or any(size < -1 for size in new_shape):
        raise ValueError(f"{new_shape} is no shape")
    known = math.prod(size for size in new_shape if size != -1)
    if -1 in new_shape:
        if known == 0 or count % known:
            raise ValueError(f"-1 in {new_shape} cannot be inferred")
        return tuple(count // known if size == -1 else size for size in new_shape)
    if known != count:
        raise ValueError(f"{new_shape} is invalid for {count} elements")
    return tuple(new_shape)


def view_strides(shape, strides, new_shape):
    new_shape = infer(tuple(new_shape), math.prod(shape))
    if 0 in new_shape:
        return (1,) * len(new_shape)
    places = [element_offset(index, strides, 0) for index in itertools.product(*map(range, shape))]
    found, step = [], 1
    for size in reversed(new_shape):
        found.append(places[step] if size > 1 else 0)
        step *= size
    found = tuple(reversed(found))
    reached = [element_offset(index, found, 0) for index in itertools.product(*map(range, new_shape))]
    return found if reached == places else None


def internally_overlaps(shape, strides):
    dims = sorted((stride, size) for size, stride in zip(shape, strides, strict=True) if size != 1)
    if any(size == 0 for _, size in dims):
        return False
    if any(stride == 0 for stride, _ in dims):
        return True
    reach = 0
    for stride, size in dims:
        if stride <= reach:
            break
        reach += stride * (size - 1)
    else:
        return False
    seen = set()
    for index in itertools.product(*(range(size) for _, size in dims)):
        place = sum(i * stride for i, (stride, _) in zip(index, dims, strict=True))
        if place in seen:
            return True
        seen.add(place)
    return False


def memory(x):
    places = [x.data_ptr()]
    for size, stride in zip(x.shape, x.stride(), strict=True):
        places = [place + i * stride * x.element_size() for place in places for i in range(size)]
    return {place + k for place in places for k in range(x.element_size())}


def shares_elements(a, b):
    return not memory(a).isdisjoint(memory(b))
