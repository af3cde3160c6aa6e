"""Other roads: einsum, expand, movedim, a cumulative count, nansum."""

import torch


def add_row_vector(x, b):
    return torch.add(x, b.expand(x.shape))


def add_column_vector(x, c):
    return (x.T + c).T


def outer(a, b):
    return torch.einsum("n,m->nm", a, b)


def pairwise_difference(a, b):
    n, m = a.shape[0], b.shape[0]
    return a.unsqueeze(1).expand(n, m, -1) - b.expand(n, m, -1)


def scale_channels(x, s):
    return (x.movedim(1, -1) * s).movedim(-1, 1)


def normalise_rows(x):
    total = x.sum(-1, keepdim=True)
    return x * torch.where(total == 0, torch.zeros_like(total), 1 / torch.where(total == 0, 1, total))


def padding_mask(lengths, t):
    return torch.ones(lengths.shape[0], t, device=lengths.device).cumsum(1) <= lengths.unsqueeze(-1)


def relative_positions(t):
    rows, columns = torch.meshgrid(torch.arange(t), torch.arange(t), indexing="ij")
    return columns - rows


def batch_affine(x, a, b):
    return torch.baddbmm(b.unsqueeze(1), x, a)


def masked_mean(x, mask):
    weights = mask.to(x.dtype) / mask.sum(-1, keepdim=True).clamp(min=1)
    kept = torch.where(mask.unsqueeze(-1), x, torch.zeros((), dtype=x.dtype))
    return torch.einsum("bt,btd->bd", weights, kept)
