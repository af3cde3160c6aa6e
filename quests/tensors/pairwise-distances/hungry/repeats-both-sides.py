"""Writes out all pairs of points, then subtracts."""

import torch


def pairwise_sq_dist(a, b):
    left, right = a.repeat_interleave(len(b), 0), b.repeat(len(a), 1)
    return (left - right).square().sum(1).view(len(a), len(b))


def nearest(a, b, k, chunk=1024):
    if not 0 < k <= len(b):
        raise ValueError("there are fewer points than neighbours asked for")
    parts = [(rows[:, None] - b).square().sum(-1).sort(dim=1, stable=True) for rows in a.split(chunk)]
    return torch.cat([part.values[:, :k] for part in parts]), torch.cat([part.indices[:, :k] for part in parts])
