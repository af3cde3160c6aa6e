"""Every drill by another road: fill, cumsum, lerp in float64, new_zeros, scatter, fork_rng, comparison, meshgrid."""

import torch


def filled(shape, value, dtype):
    return torch.empty(shape, dtype=dtype).fill_(value)


def count_up(n):
    return torch.ones(n, dtype=torch.int64).cumsum(0) - 1


def evenly_spaced(a, b, n):
    share = torch.arange(n, dtype=torch.float64) / max(n - 1, 1)
    return (a * (1 - share) + b * share).float()


def identity_for(x):
    return x.detach().new_zeros(x.shape[-1], x.shape[-1]).fill_diagonal_(1)


def from_rows(rows):
    return torch.stack([torch.Tensor(row) for row in rows])


def blank_like(x, dtype):
    return x.new_zeros(x.shape, dtype=dtype)


def one_hot(labels, num_classes):
    out = torch.zeros(*labels.shape, num_classes, dtype=torch.int64, device=labels.device)
    return out.scatter_(-1, labels[..., None], 1)


def seeded_normal(shape, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return torch.empty(shape).normal_()


def causal_mask(n):
    index = torch.arange(n)
    return index[None, :] <= index[:, None]


def cell_coordinates(h, w):
    rows, columns = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    return torch.stack([rows, columns], -1).reshape(h * w, 2)
