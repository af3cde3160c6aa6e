"""Block by block from the right; addresses as Python sets."""

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
    old = [(size, stride) for size, stride in zip(shape, strides, strict=True) if size != 1]
    new = [size for size in new_shape if size != 1]
    found = []
    while old:
        size, base = old.pop()
        while old and old[-1][1] == size * base:
            size *= old.pop()[0]
        covered = 1
        while covered < size:
            if not new:
                return None
            found.append(covered * base)
            covered *= new.pop()
        if covered != size:
            return None
    return tuple(found.pop() if size != 1 else 1 for size in new_shape)


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
