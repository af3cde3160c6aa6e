"""Correct, but collects the rows of each different value of a key by a pass of its own."""

from typing import NamedTuple

import torch
from torch import Tensor


class Column(NamedTuple):
    values: Tensor
    valid: Tensor


COMPARISONS = {"==": torch.eq, "!=": torch.ne, "<": torch.lt, "<=": torch.le, ">": torch.gt, ">=": torch.ge}


def column(values, valid=None):
    return Column(values, torch.ones_like(values, dtype=torch.bool) if valid is None else valid)


def take(table, rows):
    padded = {n: (torch.cat([v, v.new_zeros(1)]), torch.cat([k, k.new_zeros(1)])) for n, (v, k) in table.items()}
    return {name: Column(values[rows], valid[rows]) for name, (values, valid) in padded.items()}


def compare(left, how, right):
    if isinstance(right, Column):
        return Column(COMPARISONS[how](left.values, right.values), left.valid & right.valid)
    return Column(COMPARISONS[how](left.values, right), left.valid)


def negate(a):
    return Column(~a.values, a.valid)


def both(a, b):
    decided = (a.valid & ~a.values) | (b.valid & ~b.values)
    return Column(a.values & b.values, a.valid & b.valid | decided)


def either(a, b):
    return negate(both(negate(a), negate(b)))


def keep(table, mask):
    return take(table, (mask.values & mask.valid).nonzero().squeeze(1))


def order(table, by):
    rows = torch.arange(len(table[by[0][0]].values))
    for name, descending in reversed(by):
        values, valid = table[name]
        parts, seen = [rows[:0]], torch.zeros_like(valid)
        for value in values[valid].sort(descending=descending).values.unique_consecutive():
            same = valid & ((values == value) | (values.isnan() & value.isnan()))[: len(valid)] & ~seen
            seen |= same
            parts.append(rows[same[rows]])
        rows = torch.cat([*parts, rows[~valid[rows]]])
    return rows
