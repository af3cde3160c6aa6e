"""Independent idiom: sums by doubling (each row adds what the row 1, 2, 4, ... before has, inside its partition)."""

import torch
from columns import Column, order
from group_by import group_ids


def window(table, partition, by, functions):
    ids, _ = group_ids(table, partition)
    parts = {"": Column(ids, ids >= 0)} | {"." + name: stored for name, stored in table.items()}
    rows = order(parts, [("", False)] + [("." + name, down) for name, down in by])
    rows = rows[: int((ids >= 0).sum())]  # those of no partition are last
    ids, n = ids[rows], len(ids)
    place = torch.arange(len(rows), device=rows.device)
    start = torch.searchsorted(ids, ids)  # (M,) the first place of the partition
    result = {name: Column(values.clone(), valid) for name, (values, valid) in table.items()}
    for name, (how, *rest) in functions.items():
        if how == "row_number":
            found, valid = place - start + 1, ids >= 0
        elif how == "rank":
            changed = place == start
            for key, _ in by:
                values, known = (part[rows] for part in table[key])
                differs = (values[1:] != values[:-1]) & known[1:] & known[:-1] | (known[1:] != known[:-1])
                changed[1:] |= differs
            at = changed.nonzero().squeeze(1)
            found, valid = at[changed.cumsum(0) - 1] - start + 1, ids >= 0
        elif how == "lag":
            inside = place - rest[1] >= start
            before = rows[(place - rest[1]).clamp(min=0)]
            values, known = table[rest[0]]
            found, valid = values[before], known[before] & inside
        else:
            values, known = (part[rows] for part in table[rest[0]])
            wide = values.to(torch.float64 if values.dtype.is_floating_point else torch.int64)
            found = doubled(torch.where(known, wide, 0), place - start)
            valid = doubled(known.long(), place - start) > 0
        full, there = found.new_zeros(n), torch.zeros(n, dtype=torch.bool, device=rows.device)
        full[rows], there[rows] = found, valid
        result[name] = Column(full, there)
    return result


def doubled(x, age):
    """x (M,), age (M,): how many rows of the partition come before."""
    step = 1
    while step < len(x):
        x = torch.cat([x[:step], x[step:] + torch.where(age[step:] >= step, x[:-step], 0)])
        step *= 2
    return x
