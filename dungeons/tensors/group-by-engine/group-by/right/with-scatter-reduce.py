"""Independent idiom: ids refined key by key through unique, extremes by scatter_reduce, distinct pairs by unique rows."""

import torch
from columns import Column, column, take


def group_ids(table, keys):
    rows = torch.stack([table[key].valid for key in keys]).all(0).nonzero().squeeze(1)
    code = torch.zeros_like(rows)
    for key in keys:
        values, ranks = table[key].values[rows].unique(return_inverse=True)
        code = (code * len(values) + ranks).unique(return_inverse=True)[1]
    ids = torch.full((len(table[keys[0]].values),), -1, device=rows.device)
    ids[rows] = code
    groups = int(code.max()) + 1 if len(code) else 0
    firsts = torch.full((groups,), len(ids), device=rows.device).scatter_reduce(0, code, rows, "amin")
    return ids, firsts


def group_by(table, keys, aggregates):
    ids, firsts = group_ids(table, keys)
    result = take({key: table[key] for key in keys}, firsts)
    for name, (how, source, *q) in aggregates.items():
        values, valid = table[source]
        used = (valid & (ids >= 0)).nonzero().squeeze(1)
        result[name] = aggregates_of[how](values[used], ids[used], len(firsts), *q)
    return result


def counted(values, ids, n):
    return torch.bincount(ids, minlength=n)


def summed(values, ids, n):
    wide = values.double() if values.dtype.is_floating_point else values.to(torch.int64)
    return Column(wide.new_zeros(n).scatter_add(0, ids, wide), counted(values, ids, n) > 0)


def averaged(values, ids, n):
    total, some = summed(values, ids, n)
    return Column(total.to(torch.float64) / counted(values, ids, n).clamp(min=1), some)


def extreme(how):
    def of(values, ids, n):
        start = values.new_zeros(n)
        return Column(start.scatter_reduce(0, ids, values, how, include_self=False), counted(values, ids, n) > 0)

    return of


def different(values, ids, n):
    ranks = values.unique(return_inverse=True)[1]
    pairs = (ids * (len(ranks) + 1) + ranks).unique()
    return column(torch.bincount(pairs // (len(ranks) + 1), minlength=n))


def quantile(values, ids, n, q):
    values, rows = values.sort()
    values = values[ids[rows].argsort(stable=True)].to(torch.float64)
    count = counted(values, ids, n)
    place = q * (count - 1).clamp(min=0).to(torch.float64)
    low, high = place.floor(), place.ceil()
    first = torch.cumsum(count, 0) - count
    values = torch.nn.functional.pad(values, (0, 1))
    below, above = values[first + low.long()], values[first + high.long()]
    return Column(below * (1 - (place - low)) + above * (place - low), count > 0)


aggregates_of = {
    "count": lambda values, ids, n: column(counted(values, ids, n)),
    "sum": summed,
    "mean": averaged,
    "min": extreme("amin"),
    "max": extreme("amax"),
    "distinct": different,
    "quantile": quantile,
}
