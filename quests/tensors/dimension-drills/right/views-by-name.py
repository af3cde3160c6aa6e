"""Other roads: movedim, unflatten, unfold, repeat_interleave; writing into a fresh tensor."""

import torch


def add_batch(x):
    return x[None]


def drop_singletons(x):
    return x.squeeze(tuple(range(1, x.dim())))


def to_channels_first(x):
    return x.movedim(-1, 1).contiguous()


def split_heads(x, heads):
    return torch.stack(x.chunk(heads, dim=-1), dim=1)


def merge_heads(x):
    return torch.cat(x.unbind(1), dim=-1)


def repeat_each_row(x, n):
    return x.repeat_interleave(n, dim=0)


def tile_batch(x, n):
    return x.unsqueeze(0).expand(n, *[-1] * x.dim())


def flatten_from(x, dim):
    return x.flatten(dim, -1)


def interleave(a, b):
    out = a.new_zeros(2 * len(a))
    out[::2] = a
    out[1::2] = b
    return out


def to_patches(image, p):
    tiles = image.unfold(1, p, p).unfold(2, p, p)
    return tiles.permute(1, 2, 0, 3, 4).flatten(2).flatten(0, 1)
