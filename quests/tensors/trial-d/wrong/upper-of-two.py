"""Takes the upper median."""

import torch


def tabulate(records, keys):
    table = torch.full((len(records), len(keys)), float("nan"))
    for row, record in enumerate(records):
        for column, key in enumerate(keys):
            if key in record:
                table[row, column] = record[key]
    return table


def impute(x):
    absent = x.isnan()
    filled = x.masked_fill(absent, 0)
    count = (~absent).sum(0)
    return filled + absent * (filled.sum(0) / count.masked_fill(count == 0, 1))


def polynomial_features(x, degree):
    powers = x.unsqueeze(1) ** torch.arange(1, degree + 1).unsqueeze(1)
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), powers.flatten(1)], 1)


def weighted_median(x, w):
    order = x.argsort()
    below = w[order].cumsum(0) <= w.sum() / 2
    return x[order[below.sum().clamp(max=len(x) - 1)]]


def slope(f, x):
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        y = f(leaf)
        (found,) = torch.autograd.grad(y, leaf, torch.ones_like(y))
    return found


def top_left_blocks(x, sizes):
    place = torch.arange(x.shape[-1])
    last = torch.maximum(place.unsqueeze(1), place)
    return torch.where(last < sizes.view(-1, 1, 1), x, 0)
