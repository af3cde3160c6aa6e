"""Takes one median after the other."""

import torch


def windows(x, size, step=1, dim=-1):
    dim = dim % x.dim()
    if size > x.shape[dim]:
        raise ValueError(f"size {size} is larger than dimension {dim} of {tuple(x.shape)}")
    shape, strides = list(x.shape), list(x.stride())
    shape[dim] = (shape[dim] - size) // step + 1
    strides[dim] *= step
    return x.as_strided([*shape, size], [*strides, x.stride(dim)])


def median_filter(x, size):
    if size % 2 == 0:
        raise ValueError("size must be odd")
    if len(x) == 0:
        return x.clone()
    half, last = size // 2, len(x) - 1
    out = []
    for middle in range(len(x)):
        places = [min(max(place, 0), last) for place in range(middle - half, middle + half + 1)]
        out.append(x[places].median())
    return torch.stack(out)
