"""Independent idiom: walks forward, and asks at each step which names the rest of the plan can mention at all."""

from itertools import takewhile

import columns
from columns import Column
from group_by import group_by
from joins import join
from windows import window


def mentioned(part):
    """Every text in a plan, whatever it is: too many names do no harm."""
    if isinstance(part, str):
        return {part}
    if isinstance(part, dict):
        return mentioned(list(part)) | mentioned(list(part.values()))
    return {name for each in part for name in mentioned(each)} if isinstance(part, (list, tuple)) else set()


def narrowed(table, rest):
    """Only what the rest of the plan mentions, when a later step says what the result consists of."""
    if all(step[0] not in ("group", "select") for step in rest):
        return table
    names = mentioned(rest)
    return {name: stored for name, stored in table.items() if name in names}


def holds(table, condition):
    how, first, *second = condition
    if how == "not":
        return columns.negate(holds(table, first))
    if how == "and":
        return columns.both(holds(table, first), holds(table, *second))
    if how == "or":
        return columns.either(holds(table, first), holds(table, *second))
    other = second[0]
    return columns.compare(table[first], how, table[other] if isinstance(other, str) else other)


def run(plan, tables):
    plan, table = list(plan), {}
    while plan:
        step = plan.pop(0)
        if step[0] == "join":
            # of the filters that follow, those that read the left side alone go first
            right = set(tables[step[1]]) - set(step[2])
            filters = list(takewhile(lambda later: later[0] == "filter", plan))
            first = [later for later in filters if not mentioned(later[1]) & right]
            plan = [*(later for later in filters if later not in first), *plan[len(filters) :]]
            for _, condition in first:
                table = columns.keep(table, holds(table, condition))
        if step[0] not in STEPS:
            raise ValueError(f"no such step: {step[0]}")
        table = narrowed(STEPS[step[0]](table, tables, plan, *step[1:]), plan)
    return table


def joined(table, tables, plan, name, on, how):
    right = narrowed(tables[name], plan) | {key: tables[name][key] for key in on}
    return join(table, right, list(on), how)


STEPS = {
    "scan": lambda table, tables, plan, name: tables[name],
    "filter": lambda table, tables, plan, condition: columns.keep(narrowed(table, plan), holds(table, condition)),
    "join": joined,
    "group": lambda table, tables, plan, keys, aggregates: group_by(table, keys, aggregates),
    "window": lambda table, tables, plan, *rest: window(table, *rest),
    "sort": lambda table, tables, plan, by: columns.take(narrowed(table, plan), columns.order(table, by)),
    "limit": lambda table, tables, plan, n: {k: Column(v[:n], known[:n]) for k, (v, known) in table.items()},
    "select": lambda table, tables, plan, names: {name: table[name] for name in names},
}
