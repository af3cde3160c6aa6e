"""Merges chunks of b by their own indices."""

import torch


def pairwise_sq_dist(a, b):
    centre = b.detach().mean(0, keepdim=True)
    a, b = a - centre, b - centre
    cross = a @ b.T
    return ((a * a).sum(1)[:, None] - 2 * cross + (b * b).sum(1)).clamp(min=0)


def nearest(a, b, k, chunk=1024):
    if not 0 < k <= len(b):
        raise ValueError("there are fewer points than neighbours asked for")
    whole = pairwise_sq_dist(a, b)
    distances, indices = whole.new_zeros(len(a), 0), torch.zeros(len(a), 0, dtype=torch.int64)
    for columns in whole.split(chunk, 1):
        distances = torch.cat([distances, columns], 1)
        indices = torch.cat([indices, torch.arange(columns.shape[1]).expand(len(a), -1)], 1)
        distances, order = distances.sort(dim=1, stable=True)
        distances, indices = distances[:, :k], indices.gather(1, order[:, :k])
    return distances, indices
