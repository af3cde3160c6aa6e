"""Reads from the sorted rows before it is known that there is a partner."""

import torch
from columns import Column, Table, take
from group_by import group_ids
from torch import Tensor


def key_codes(left: Table, right: Table, on: list[str]) -> tuple[Tensor, Tensor]:
    sides = [(left[key], right[key]) for key in on]
    both = {str(i): Column(*map(torch.cat, zip(*pair, strict=True))) for i, pair in enumerate(sides)}  # (N + M,)
    ids, _ = group_ids(both, list(both))
    mine, theirs = ids.split([len(column.values) for column in sides[0]])
    return mine, theirs.masked_fill(theirs < 0, -2)  # a null equals nothing, not even a null


def join(left: Table, right: Table, on: list[str], how: str) -> Table:
    added = {name: column for name, column in right.items() if name not in on}
    if clash := sorted(left.keys() & added.keys()):
        raise ValueError(f"both tables have a column {clash[0]!r}: join on it, or rename one")
    mine, theirs = key_codes(left, right, on)
    theirs, rows = theirs.sort()  # equal keys stand together
    low = torch.searchsorted(theirs, mine)  # (N,) the first of them
    matches = torch.searchsorted(theirs, mine, right=True) - low  # (N,) how many
    if how == "anti":
        return take(left, (matches == 0).nonzero().squeeze(1))
    copies = matches.clamp(min=1) if how == "left" else matches
    a = torch.repeat_interleave(copies)  # (K,) the left row of each row of the result
    nth = torch.arange(len(a), device=a.device) - (copies.cumsum(0) - copies)[a]  # 0, 1, .. among its copies
    b = rows[(low[a] + nth).clamp(max=len(rows) - 1)].masked_fill(matches[a] == 0, -1)
    return take(left, a) | take(added, b)
