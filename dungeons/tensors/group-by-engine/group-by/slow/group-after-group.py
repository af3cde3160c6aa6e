"""Correct, but walks over the groups in Python."""

import torch
from columns import Column, take


def group_ids(table, keys):
    known = torch.stack([table[key].valid for key in keys]).all(0)
    found = {}
    for row in known.nonzero().squeeze(1).tolist():
        found.setdefault(tuple(table[key].values[row].item() for key in keys), []).append(row)
    ids = torch.full((len(known),), -1)
    for number, key in enumerate(sorted(found)):
        ids[found[key]] = number
    return ids, torch.tensor([found[key][0] for key in sorted(found)], dtype=torch.int64)


def group_by(table, keys, aggregates):
    ids, firsts = group_ids(table, keys)
    result = take({key: table[key] for key in keys}, firsts)
    for name, (how, source, *q) in aggregates.items():
        values, valid = table[source]
        parts = [one(how, values[valid & (ids == number)], *q) for number in range(len(firsts))]
        parts = [*parts, one(how, values[:0], *q)]  # a dtype where there is no group
        result[name] = Column(
            torch.stack([part for part, _ in parts])[:-1], torch.tensor([some for _, some in parts])[:-1]
        )
    return result


def one(how, values, q=0.0):
    some = len(values) > 0
    if how in ("count", "distinct"):
        return torch.tensor(len(values if how == "count" else values.unique())), True
    floats = values.is_floating_point()
    if how == "sum":
        return values.sum(dtype=torch.float64 if floats else torch.int64), some
    if how == "mean":
        return values.sum(dtype=torch.float64 if floats else torch.int64).double() / max(len(values), 1), some
    if not some:
        return torch.zeros((), dtype=torch.float64 if how == "quantile" else values.dtype), False
    if how == "quantile":
        return numbers(values.sort().values.double(), q), True
    return values.amin() if how == "min" else values.amax(), True


def numbers(values, q):
    place = q * (len(values) - 1)
    low, high = values[int(place)], values[min(int(place) + 1, len(values) - 1)]
    return low + (high - low) * (place - int(place))
