"""Squared distances by a matrix product, centred first so that little is left to cancel; nearest neighbours in chunks."""

import torch
from torch import Tensor


def pairwise_sq_dist(a: Tensor, b: Tensor) -> Tensor:
    """a (N, D), b (M, D) -> (N, M) squared distances, none below 0."""
    centre = b.detach().mean(0)  # (D,); distances do not know where the origin is, so it needs no gradient
    return _expanded(a - centre, b - centre)


def nearest(a: Tensor, b: Tensor, k: int, chunk: int = 1024) -> tuple[Tensor, Tensor]:
    """a (N, D), b (M, D) -> squared distances (N, k), ascending, and indices (N, k) into b; ties by lower index."""
    if not 1 <= k <= len(b):
        raise ValueError(f"k = {k} neighbours were asked for, b has {len(b)} points")
    centre = b.detach().mean(0)
    a, b = a - centre, b - centre  # once, and not in each chunk: the chunk must not change the result
    found = [_smallest(_expanded(rows, b), k) for rows in a.split(chunk)]
    distances, indices = zip(*found, strict=True)
    return torch.cat(distances), torch.cat(indices)


def _expanded(a: Tensor, b: Tensor) -> Tensor:
    """|a|^2 - 2 a.b + |b|^2: (N, D), (M, D) -> (N, M)."""
    squares_a, squares_b = a.square().sum(1), b.square().sum(1)  # (N,), (M,)
    # addmm gives |b|^2 - 2 a.b in one pass; nothing of size (N, M) gets a name, so that two of them live at most
    return (torch.addmm(squares_b, a, b.T, alpha=-2) + squares_a[:, None]).clamp(min=0)


def _smallest(distances: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """(C, M) -> the k smallest of each row in order, and where they stand: (C, k), (C, k)."""
    last = distances.detach().topk(k, largest=False).values.amax(1, keepdim=True)  # (C, 1): the k-th smallest
    closer, level = distances < last, distances == last  # (C, M): surely in, and tied for the places that are left
    left = k - closer.sum(1, keepdim=True)  # (C, 1), at least 1
    taken = closer | (level & (level.cumsum(1, dtype=torch.int32) <= left))  # of those tied, the first ones
    indices = taken.nonzero()[:, 1].view(-1, k)  # (C, k), ascending in each row
    chosen, order = distances.gather(1, indices).sort(dim=1, stable=True)  # stable: lower index first
    return chosen, indices.gather(1, order)
