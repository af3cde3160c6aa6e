"""Filters the right table before a left join, which brings the rows back with nulls."""

import torch
from columns import Column, Table, both, compare, either, keep, negate, order, take
from group_by import group_by
from joins import join
from windows import window


def run(plan: list[tuple], tables: dict[str, Table]) -> Table:
    plan = sunk(plan, tables)
    made = [step[-1] for step in plan if step[0] in ("group", "window")]
    wanted = [set().union(*tables.values(), *made)]  # after the last step: whatever is there
    for step in reversed(plan):
        wanted.append(needed(step, wanted[-1]))
    table: Table = {}
    for step, after in zip(plan, wanted[-2::-1], strict=True):
        table = execute(step, table, tables, after)
    return table


def execute(step: tuple, table: Table, tables: dict[str, Table], after: set[str]) -> Table:
    match step:
        case ("scan", name):
            return only(tables[name], after)
        case ("filter", condition):
            return keep(only(table, after), mask(table, condition))
        case ("join", name, on, how, condition):
            right = keep(only(tables[name], after | set(on) | names_in(condition)), mask(tables[name], condition))
            return only(join(table, right, on, how), after)
        case ("join", name, on, how):
            return only(join(table, only(tables[name], after | set(on)), on, how), after)
        case ("group", keys, aggregates):
            return group_by(table, keys, aggregates)
        case ("window", partition, by, functions):
            return only(window(table, partition, by, functions), after)
        case ("sort", by):
            return take(only(table, after), order(table, by))
        case ("limit", n):
            return {name: Column(values[:n], valid[:n]) for name, (values, valid) in table.items()}
        case ("select", names):
            return {name: table[name] for name in names}
    raise ValueError(f"unknown step {step[0]!r}")


def only(table: Table, names: set[str]) -> Table:
    return {name: column for name, column in table.items() if name in names}


def mask(table: Table, condition: tuple) -> Column:
    how, *parts = condition
    if how == "not":
        return negate(mask(table, parts[0]))
    if how in ("and", "or"):
        return (both if how == "and" else either)(*(mask(table, part) for part in parts))
    left, right = parts
    return compare(table[left], how, table[right] if isinstance(right, str) else right)


def names_in(condition: tuple) -> set[str]:
    how, *parts = condition
    if how in ("and", "or", "not"):
        return set().union(*map(names_in, parts))
    return {part for part in parts if isinstance(part, str)}


def needed(step: tuple, wanted: set[str]) -> set[str]:
    match step:
        case ("filter", condition):
            return wanted | names_in(condition)
        case ("join", _, on, *_):
            return wanted | set(on)
        case ("group", keys, aggregates):
            return set(keys) | {source for _, source, *_ in aggregates.values()}
        case ("window", partition, by, functions):
            return wanted | set(partition) | {name for name, _ in by} | {f[1] for f in functions.values() if f[1:]}
        case ("sort", by):
            return wanted | {name for name, _ in by}
        case ("select", names):
            return set(names)
    return wanted


def sunk(plan: list[tuple], tables: dict[str, Table]) -> list[tuple]:
    result: list[tuple] = []
    for step in plan:
        place, taken = len(result), False
        while step[0] == "filter" and result[place - 1][0] in ("join", "filter"):
            kind, *before = result[place - 1]
            if kind == "join" and names_in(step[1]) & (tables[before[0]].keys() - set(before[1])):
                if names_in(step[1]) <= tables[before[0]].keys() and len(before) == 3:
                    result[place - 1] = (*result[place - 1], step[1])
                    taken = True
                break
            place -= 1
        if not taken:
            result.insert(place, step)
    return result
