"""Python walks over rows, entries and patches."""

import torch


def add_batch(x):
    return x[None]


def drop_singletons(x):
    for dim in range(x.dim() - 1, 0, -1):
        x = x.squeeze(dim)
    return x


def to_channels_first(x):
    return x.movedim(-1, 1).contiguous()


def split_heads(x, heads):
    return x.unflatten(-1, (heads, x.shape[-1] // heads)).transpose(1, 2)


def merge_heads(x):
    return x.transpose(1, 2).flatten(2)


def repeat_each_row(x, n):
    out = x.new_zeros(len(x) * n, x.shape[1])
    for row in range(len(out)):
        out[row] = x[row // n]
    return out


def tile_batch(x, n):
    return x.unsqueeze(0).expand(n, *[-1] * x.dim())


def flatten_from(x, dim):
    return x.flatten(dim, -1)


def interleave(a, b):
    return torch.cat([part.clone() for pair in zip(a.split(1), b.split(1), strict=True) for part in pair])


def to_patches(image, p):
    c, h, w = image.shape
    out = image.new_zeros(h // p * (w // p), c * p * p)
    for row in range(0, h, p):
        for column in range(0, w, p):
            out[row // p * (w // p) + column // p] = image[:, row : row + p, column : column + p].reshape(-1)
    return out
