"""Independent idiom: every key becomes dense ranks, and one running code of all keys so far is refined key by key."""

import operator
from typing import NamedTuple

import torch
from torch import Tensor


class Column(NamedTuple):
    values: Tensor
    valid: Tensor


SIGNS = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def column(values, valid=None):
    return Column(values, torch.full(values.shape, True, device=values.device) if valid is None else valid)


def take(table, rows):
    result = {}
    for name, stored in table.items():  # -1 reads what is appended
        values, valid = (torch.cat([part, part.new_zeros(1)]) for part in stored)
        result[name] = Column(values[rows], valid[rows])
    return result


def compare(left, how, right):
    if isinstance(right, Column):
        return Column(SIGNS[how](left.values, right.values), left.valid.logical_and(right.valid))
    return column(SIGNS[how](left.values, right), left.valid)


def negate(a):
    return Column(a.values.logical_not(), a.valid)


def yes(a):
    return a.values & a.valid


def no(a):
    return a.valid & ~a.values


def both(a, b):
    true, false = yes(a) & yes(b), no(a) | no(b)
    return Column(true, true | false)


def either(a, b):
    true, false = yes(a) | yes(b), no(a) & no(b)
    return Column(true, true | false)


def keep(table, mask):
    return take(table, torch.where(yes(mask))[0])


def order(table, by):
    code = None
    for name, descending in by:
        values, valid = table[name]
        ranks = dense_ranks(values, valid, descending)
        code = ranks if code is None else dense_ranks(code * (len(ranks) + 1) + ranks, valid | True, False)
    return torch.sort(code, stable=True).indices


def dense_ranks(values, valid, descending):
    """Equal ranks for equal values; len(values) for nulls."""
    values, rows = values.sort(descending=descending)
    new = (values[1:] != values[:-1]) & ~(values[1:].isnan() & values[:-1].isnan())
    ranks = torch.empty_like(rows)
    ranks[rows] = torch.nn.functional.pad(new.cumsum(0), (1, 0))[: len(rows)]
    return torch.where(valid, ranks, len(rows))
