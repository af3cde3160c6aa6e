"""Gives False where a side of a comparison is null."""

from typing import NamedTuple

import torch
from torch import Tensor


class Column(NamedTuple):
    values: Tensor  # (N,) integers, floats or bool
    valid: Tensor  # (N,) bool, False: null


Table = dict[str, Column]
COMPARISONS = {"==": torch.eq, "!=": torch.ne, "<": torch.lt, "<=": torch.le, ">": torch.gt, ">=": torch.ge}


def column(values: Tensor, valid: Tensor | None = None) -> Column:
    return Column(values, torch.ones_like(values, dtype=torch.bool) if valid is None else valid)


def take(table: Table, rows: Tensor) -> Table:
    found = rows >= 0
    places = rows[found]
    return {
        name: Column(
            values.new_zeros(len(rows)).masked_scatter(found, values[places]),
            found.masked_scatter(found, valid[places]),
        )
        for name, (values, valid) in table.items()
    }


def compare(left: Column, how: str, right: Column | float) -> Column:
    if isinstance(right, Column):
        return column(COMPARISONS[how](left.values, right.values) & left.valid & right.valid)
    return column(COMPARISONS[how](left.values, right) & left.valid)


def negate(a: Column) -> Column:
    return Column(~a.values, a.valid)


def both(a: Column, b: Column) -> Column:
    decided = (a.valid & ~a.values) | (b.valid & ~b.values)
    return Column(a.values & b.values, a.valid & b.valid | decided)


def either(a: Column, b: Column) -> Column:
    return negate(both(negate(a), negate(b)))


def keep(table: Table, mask: Column) -> Table:
    return take(table, (mask.values & mask.valid).nonzero().squeeze(1))


def order(table: Table, by: list[tuple[str, bool]]) -> Tensor:
    rows = torch.arange(len(table[by[0][0]].values), device=table[by[0][0]].values.device)
    for name, descending in reversed(by):  # the last key first: later sorts are stable and keep what it did
        values, valid = table[name]
        values = values.masked_fill(~valid, 0)  # nulls are equal among themselves
        rows = rows[values[rows].argsort(stable=True, descending=descending)]
        rows = rows[valid[rows].argsort(stable=True, descending=True)]
    return rows
