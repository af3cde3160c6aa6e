"""repeat_interleave without a dimension flattens first."""

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
    return x.repeat_interleave(n).reshape(len(x) * n, -1) if n and x.numel() else x.new_zeros(len(x) * n, x.shape[1])


def tile_batch(x, n):
    return x.unsqueeze(0).expand(n, *[-1] * x.dim())


def flatten_from(x, dim):
    return x.flatten(dim, -1)


def interleave(a, b):
    return torch.stack((a, b), dim=-1).reshape(-1)


def to_patches(image, p):
    tiles = image.unfold(1, p, p).unfold(2, p, p)
    return tiles.permute(1, 2, 0, 3, 4).flatten(2).flatten(0, 1)
