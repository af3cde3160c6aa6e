"""Multiplies the sides of the overlap, then clamps."""

import torch


def confusion_matrix(pred, target, n):
    pairs = target.flatten().long() * n + pred.flatten()
    return torch.bincount(pairs, minlength=n * n).view(n, n)


def intersection_over_union(a, b):
    low = torch.maximum(a[:, None, :2], b[:, :2])
    high = torch.minimum(a[:, None, 2:], b[:, 2:])
    inside = (high - low).prod(-1).clamp(min=0)
    areas = (a[:, 2:] - a[:, :2]).prod(-1)[:, None] + (b[:, 2:] - b[:, :2]).prod(-1)
    union = areas - inside
    return inside / torch.where(union > 0, union, torch.ones_like(union))


def run_length_encode(x):
    starts = torch.cat([torch.ones_like(x[:1], dtype=torch.bool), x[1:] != x[:-1]]).nonzero().flatten()
    ends = torch.cat([starts[1:], starts.new_full((min(len(x), 1),), len(x))])
    return x[starts], ends - starts


def bilinear_sample(image, points):
    height, width = image.shape[1:]
    y, x = points[:, 0].clamp(0, height - 1), points[:, 1].clamp(0, width - 1)
    top, left = y.detach().floor().long(), x.detach().floor().long()
    bottom, right = (top + 1).clamp(max=height - 1), (left + 1).clamp(max=width - 1)
    down, across = y - top, x - left
    upper = image[:, top, left] * (1 - across) + image[:, top, right] * across
    lower = image[:, bottom, left] * (1 - across) + image[:, bottom, right] * across
    return upper * (1 - down) + lower * down
