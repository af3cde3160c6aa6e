"""Every drill as the loop that broadcasting replaces."""

import torch


def table(rows, like, *shape):
    return torch.stack(rows) if rows else like.new_empty(shape)


def add_row_vector(x, b):
    return table([row + b for row in x], x, 0, x.shape[1])


def add_column_vector(x, c):
    return table([row + value for row, value in zip(x, c, strict=True)], x, 0, x.shape[1])


def outer(a, b):
    return table([value * b for value in a], a, 0, b.shape[0])


def pairwise_difference(a, b):
    return table([row - b for row in a], a, 0, *b.shape)


def scale_channels(x, s):
    return torch.stack([x[:, c] * s[c] for c in range(len(s))], 1)


def normalise_rows(x):
    if x.dim() > 1:
        return table([normalise_rows(row) for row in x], x, 0, *x.shape[1:])
    total = x.sum()
    return x / torch.where(total == 0, 1, total)


def padding_mask(lengths, t):
    return table([torch.arange(t) < length for length in lengths], lengths.bool(), 0, t)


def relative_positions(t):
    return table([torch.arange(t) - i for i in range(t)], torch.arange(0), 0, 0)


def batch_affine(x, a, b):
    return torch.stack([x[i] @ a[i] + b[i] for i in range(len(x))])


def masked_mean(x, mask):
    means = [each[kept].sum(0) / kept.sum().clamp(min=1) for each, kept in zip(x, mask, strict=True)]
    return table(means, x, 0, x.shape[2])
