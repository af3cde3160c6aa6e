"""Tables of named columns, each with a mask of what is known: filters in three-valued logic, and sorting by several keys."""

from typing import NamedTuple

import torch
from torch import Tensor


class Column(NamedTuple):
    """One column. What stands in `values` where `valid` is False means nothing."""

    values: Tensor  # (N,) integers, floats or bool
    valid: Tensor  # (N,) bool, False: null


Table = dict[str, Column]
COMPARISONS = {"==": torch.eq, "!=": torch.ne, "<": torch.lt, "<=": torch.le, ">": torch.gt, ">=": torch.ge}


def column(values: Tensor, valid: Tensor | None = None) -> Column:
    """A column; without `valid` everything is known."""
    return Column(values, torch.ones_like(values, dtype=torch.bool) if valid is None else valid)


def take(table: Table, rows: Tensor) -> Table:
    """rows (M,) int64 -> the table of those rows, in that order; a row of -1 is a row of nulls."""
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
    """A column of bool; null wherever one of the two is."""
    if isinstance(right, Column):
        return Column(COMPARISONS[how](left.values, right.values), left.valid & right.valid)
    return Column(COMPARISONS[how](left.values, right), left.valid)


def negate(a: Column) -> Column:
    """not a; null stays null."""
    return Column(~a.values, a.valid)


def both(a: Column, b: Column) -> Column:
    """a and b: one that is known to be False decides, else a null makes it null."""
    decided = (a.valid & ~a.values) | (b.valid & ~b.values)
    return Column(a.values & b.values, a.valid & b.valid | decided)


def either(a: Column, b: Column) -> Column:
    """a or b, by De Morgan's rule."""
    return negate(both(negate(a), negate(b)))


def keep(table: Table, mask: Column) -> Table:
    """The rows for which `mask` is known to be True."""
    return take(table, (mask.values & mask.valid).nonzero().squeeze(1))


def order(table: Table, by: list[tuple[str, bool]]) -> Tensor:
    """by: (name, descending) from the first key to the last -> (N,) int64: which row comes first, second, ...

    Stable, nulls last in both directions; NaN counts as larger than every number.
    """
    rows = torch.arange(len(table[by[0][0]].values), device=table[by[0][0]].values.device)
    for name, descending in reversed(by):  # the last key first: later sorts are stable and keep what it did
        values, valid = table[name]
        values = values.masked_fill(~valid, 0)  # nulls are equal among themselves
        rows = rows[values[rows].argsort(stable=True, descending=descending)]
        rows = rows[valid[rows].argsort(stable=True, descending=True)]
    return rows
