"""Multiplies by the mask: inf * 0 is NaN."""

import torch


def add_row_vector(x, b):
    return x + b


def add_column_vector(x, c):
    return x + c.unsqueeze(1)


def outer(a, b):
    return a.unsqueeze(1) * b


def pairwise_difference(a, b):
    return a.unsqueeze(1) - b.unsqueeze(0)


def scale_channels(x, s):
    return x * s.view(1, -1, 1, 1)


def normalise_rows(x):
    total = x.sum(-1, keepdim=True)
    return x / torch.where(total > 0, total, 1)


def padding_mask(lengths, t):
    return torch.arange(t) < lengths.unsqueeze(1)


def relative_positions(t):
    return torch.arange(t) - torch.arange(t).unsqueeze(1)


def batch_affine(x, a, b):
    return torch.bmm(x, a) + b.unsqueeze(1)


def masked_mean(x, mask):
    kept = x * mask.unsqueeze(-1)
    return kept.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
