"""Gives 0 for the sum of a group without known values."""

import torch
from columns import Column, Table, column, order, take
from echoes.tensors.segment_reduce import segment_sum
from torch import Tensor


def starts(columns: list[Tensor]) -> Tensor:
    same = torch.arange(len(columns[0]), device=columns[0].device) > 0
    for values in columns:
        same[1:] &= values[1:] == values[:-1]
    return ~same


def group_ids(table: Table, keys: list[str]) -> tuple[Tensor, Tensor]:
    known = torch.stack([table[key].valid for key in keys]).all(0)  # (N,)
    rows = order(table, [(key, False) for key in keys])
    rows = rows[known[rows]]  # sorted, rows of one group in their own order
    new = starts([table[key].values[rows] for key in keys])
    ids = torch.full_like(known, -1, dtype=torch.int64)
    ids[rows] = new.cumsum(0) - 1
    return ids, rows[new]


def group_by(table: Table, keys: list[str], aggregates: dict[str, tuple]) -> Table:
    ids, firsts = group_ids(table, keys)
    result = take({key: table[key] for key in keys}, firsts)
    for name, (how, source, *q) in aggregates.items():
        result[name] = aggregate(how, table[source], ids, len(firsts), *q)
    return result


def aggregate(how: str, source: Column, ids: Tensor, n: int, q: float = 1.0) -> Column:
    used = source.valid & (ids >= 0)
    values, ids = source.values[used], ids[used]  # (M,)
    count = segment_sum(torch.ones_like(ids), ids, n)
    if how == "count":
        return column(count)
    if how in ("sum", "mean"):
        total = segment_sum(values.double() if values.is_floating_point() else values.long(), ids, n)
        if how == "sum":
            return column(total)
        return Column(total.double() / count, count > 0)
    rows = order({"id": column(ids), "value": column(values)}, [("id", False), ("value", False)])
    values, ids = values[rows], ids[rows]
    if how == "distinct":
        return column(segment_sum(starts([ids, values]).long(), ids, n))
    share = {"min": 0.0, "max": 1.0, "quantile": q}[how]
    place = (count - 1).double() * share  # inside the group
    values = torch.cat([values, values.new_zeros(1)])  # something to read for empty groups at the end
    first = count.cumsum(0) - count
    low, high = values[first + place.floor().long()], values[first + place.ceil().long()]
    if how != "quantile":
        return Column(high, count > 0)
    return Column(low.double().lerp(high.double(), place.frac()), count > 0)
