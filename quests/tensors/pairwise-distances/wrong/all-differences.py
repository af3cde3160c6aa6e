"""Broadcasts all differences."""

import torch


def pairwise_sq_dist(a, b):
    return (a[:, None] - b).square().sum(-1)


def nearest(a, b, k, chunk=1024):
    if not 0 < k <= len(b):
        raise ValueError("there are fewer points than neighbours asked for")
    parts = [first(expanded(rows, b), k) for rows in a.split(chunk)]
    return torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])


def first(distances, k):
    values, indices = distances.sort(dim=1, stable=True)
    return values[:, :k].clone(), indices[:, :k].clone()


def expanded(a, b):
    centre = b.detach().mean(0)
    a, b = a - centre, b - centre
    return (torch.addmm((b * b).sum(1), a, b.T, alpha=-2) + (a * a).sum(1)[:, None]).clamp(min=0)
