"""Lets what lies under nulls decide whether they tie."""

import torch
from columns import Column, Table, order, take
from echoes.tensors.associative_scan import linear_scan
from group_by import group_ids, starts
from torch import Tensor


def window(table: Table, partition: list[str], by: list[tuple[str, bool]], functions: dict[str, tuple]) -> Table:
    ids, _ = group_ids(table, partition)
    rows = order(table, by)
    rows = rows[ids[rows].argsort(stable=True)]
    rows = rows[ids[rows] >= 0]  # (M,) without those of no partition
    inside = take(table, rows)
    new = starts([ids[rows]])  # (M,) where a partition starts
    ties = starts([ids[rows], *(part for name, _ in by for part in inside[name])])  # where the key changes
    place = torch.arange(len(rows), device=rows.device)
    back = torch.full_like(ids, -1).index_copy(0, rows, place)  # (N,) where each row went
    result = dict(table)
    for name, (how, *arguments) in functions.items():
        if how == "running_sum":
            found = running_sum(inside[arguments[0]], new)
        elif how == "lag":
            source, k = arguments
            found = take({name: inside[source]}, (place - k).masked_fill(place - k < last(new), -1))[name]
        else:
            value = (last(ties) if how == "rank" else place) - last(new) + 1
            found = Column(value, value > 0)
        result |= take({name: found}, back)
    return result


def plain(column: Column) -> tuple[Tensor, Tensor]:
    return column.values.masked_fill(~column.valid, 0), column.valid


def last(new: Tensor) -> Tensor:
    place = torch.arange(len(new), device=new.device)
    return place.masked_fill(~new, 0).cummax(0).values


def running_sum(source: Column, new: Tensor) -> Column:
    values, valid = plain(source)
    wide = values.double() if values.is_floating_point() else values.long()
    # h_t = a_t h_{t-1} + b_t with a = 0 where a partition starts: nothing of the one before gets in
    sums = linear_scan((~new).to(wide.dtype)[None, :, None], wide[None, :, None])[0, :, 0]
    seen = valid.cumsum(0)
    return Column(sums, seen > (seen - valid.long())[last(new)])
