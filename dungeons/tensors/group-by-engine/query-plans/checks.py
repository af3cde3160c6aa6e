"""Hidden checks of tensors/group-by-engine/query-plans."""

import math

import torch

from leveling.checks import Check, Draw, Workload, case, expect, raised

RUN = "run(plan, tables)"


def made(columns):
    """{name: [values, valid]} -> a table."""
    from columns import Column

    return {name: Column(values, valid) for name, (values, valid) in columns.items()}


def written(part):
    """Lists, as which plans travel, to tuples."""
    if isinstance(part, dict):
        return {name: written(value) for name, value in part.items()}
    return tuple(map(written, part)) if isinstance(part, (list, tuple)) else part


def dense(table, ordered):
    """A table as tensors that can be compared: zeros where it is null, and one order of the rows unless theirs counts."""
    plain = [part for v, known in table.values() for part in (v.masked_fill(~known, 0), known)]
    if plain and not ordered:
        rows = torch.arange(len(plain[0]))
        for part in reversed(plain):
            rows = rows[part[rows].argsort(stable=True)]
        plain = [part[rows] for part in plain]
    pairs = zip(table, plain[::2], plain[1::2], strict=True)
    return {"columns": list(table), "rows": {name: {"values": v, "valid": known} for name, v, known in pairs}}


def ran(solution, plan, tables):
    steps = [step[0] for step in plan]
    ordered = (
        "sort" in steps and "group" not in steps[steps.index("sort") :] and "join" not in steps[steps.index("sort") :]
    )
    plan = [tuple(map(written, step)) for step in plan]
    return dense(solution.run(plan, {name: made(columns) for name, columns in tables.items()}), ordered)


def skewed(draw, rows, kinds):
    """Numbers below `kinds`; k has a share of log(1 + 1 / (k + 1)) / log(kinds): nearly Zipf's law."""
    return (draw.uniform(rows) * math.log(kinds)).exp().long().sub(1).clamp(0, kinds - 1)


def nulls(draw, values, p=0.9):
    return [values, draw.booleans(len(values), p=p)]


def known(values):
    return [values, torch.ones(len(values)).bool()]


def logs(draw, clicks=200, orders=80, users=30, wide=0):
    """Users, what they clicked and what they ordered; times differ, money is in cents, ratings in quarters: sums are exact."""
    return {
        "users": {
            "user": known(draw.permutation(users)),
            "country": nulls(draw, skewed(draw, users, 9)),
            "age": nulls(draw, draw.integers(14, 90, users), 0.8),
        },
        "clicks": {
            "clicked": known(draw.permutation(clicks)),
            "user": nulls(draw, skewed(draw, clicks, users), 0.97),
            "page": known(skewed(draw, clicks, max(clicks // 20, 9))),
            "seconds": nulls(draw, draw.integers(0, 600, clicks)),
        }
        | {f"extra{i}": known(draw.integers(0, 9, clicks)) for i in range(wide)},
        "orders": {
            "user": nulls(draw, skewed(draw, orders, users), 0.97),
            "ordered": known(draw.permutation(orders)),
            "cents": nulls(draw, draw.integers(100, 90_000, orders), 0.95),
            "rating": nulls(draw, draw.integers(4, 21, orders) / 4, 0.4),
            "refunded": nulls(draw, draw.booleans(orders, p=0.2)),
        },
    }


def best_customers(least):
    condition = ["and", [">=", "cents", least], ["not", ["==", "refunded", 1]]]
    group = ["group", ["user"], {"revenue": ["sum", "cents"], "n": ["count", "cents"]}]
    return [
        ["scan", "orders"],
        ["filter", condition],
        group,
        ["sort", [["revenue", True], ["user", False]]],
        ["limit", 20],
    ]


def pages_of_a_country(country, seconds):
    group = ["group", ["page"], {"visitors": ["distinct", "user"], "clicks": ["count", "user"]}]
    return [
        ["scan", "clicks"],
        ["join", "users", ["user"], "inner"],
        ["filter", ["==", "country", country]],
        ["filter", [">", "seconds", seconds]],
        group,
        ["sort", [["visitors", True], ["page", False]]],
        ["limit", 30],
    ]


def early_spenders(cents):
    spent = {"so_far": ["running_sum", "cents"], "nth": ["row_number"]}
    return [
        ["scan", "orders"],
        ["window", ["user"], [["ordered", False]], spent],
        ["filter", ["and", [">", "so_far", cents], ["<=", "nth", 5]]],
        ["group", ["user"], {"when": ["min", "ordered"], "n": ["count", "nth"]}],
    ]


def silent_users(age):
    return [
        ["scan", "users"],
        ["join", "orders", ["user"], "anti"],
        ["filter", [">=", "age", age]],
        ["group", ["country"], {"n": ["count", "user"], "age": ["quantile", "age", 0.5]}],
    ]


def ratings(q):
    aggregates = {
        "n": ["count", "user"],
        "orders": ["count", "ordered"],
        "rating": ["mean", "rating"],
        "high": ["quantile", "cents", q],
    }
    return [
        ["scan", "users"],
        ["join", "orders", ["user"], "left"],
        ["group", ["country"], aggregates],
        ["sort", [["country", False]]],
    ]


def five(draw, seconds=450):
    return [
        best_customers(draw.integer(1000, 20_000)),
        pages_of_a_country(draw.integer(0, 2), draw.integer(seconds - 5, seconds)),
        early_spenders(draw.integer(100_000, 200_000)),
        silent_users(draw.integer(20, 60)),
        ratings(draw.choice([0.75, 0.9, 0.95])),
    ]


class Ran:
    calls = RUN
    truth = False

    def probe(self, solution, plan, tables):
        return ran(solution, plan, tables)


class ConditionsWithNulls(Ran, Check):
    """filter keeps what is known to be true of and, or, not and comparisons with columns and numbers."""

    def cases(self, draw: Draw):
        for condition in (
            [">", "cents", 40_000],
            ["not", [">", "cents", 40_000]],
            ["and", ["<=", "cents", 60_000], ["not", ["==", "refunded", 1]]],
            ["or", ["==", "refunded", 1], [">=", "rating", 3.5]],
            ["not", ["and", ["<", "rating", 4.0], ["or", ["==", "user", 0], ["not", ["!=", "refunded", 0]]]]],
            ["<", "user", "ordered"],
        ):
            yield case(f"filter {condition}", plan=[["scan", "orders"], ["filter", condition]], tables=logs(draw))


class SortedLimitedSelected(Ran, Check):
    """sort, limit and select do what they say, also with fewer rows than the limit and keys that are not selected."""

    def cases(self, draw: Draw):
        scan, by = ["scan", "orders"], [["refunded", True], ["ordered", False]]
        for n in (7, 0, 1000):
            yield case(f"sort, limit {n}", plan=[scan, ["sort", by], ["limit", n]], tables=logs(draw))
        plan = [scan, ["sort", by], ["select", ["cents", "user"]]]
        yield case("sorted by columns that are not selected", plan=plan, tables=logs(draw))
        plan = [scan, ["sort", by], ["limit", 20], ["filter", [">", "cents", 30_000]], ["select", ["ordered"]]]
        yield case("a filter behind a limit", plan=plan, tables=logs(draw))
        yield case("a scan alone", plan=[scan], tables=logs(draw))


class GroupsAndWindows(Ran, Check):
    """Groups and windows stand anywhere in a plan, filters before and behind them."""

    def cases(self, draw: Draw):
        group = ["group", ["user"], {"cents": ["sum", "cents"], "rating": ["max", "rating"]}]
        plan = [["scan", "orders"], ["filter", [">", "cents", 5000]], group, ["filter", [">", "cents", 100_000]]]
        yield case("a sum under the name of what it sums", plan=plan, tables=logs(draw))
        plan = [["scan", "orders"], group, ["group", ["rating"], {"n": ["count", "cents"], "cents": ["mean", "cents"]}]]
        plan[1] = ["group", ["user"], {"cents": ["sum", "cents"], "rating": ["count", "rating"]}]
        yield case("groups of groups", plan=plan, tables=logs(draw))
        plan = [["scan", "orders"], ["group", ["user"], {"revenue": ["sum", "cents"]}], ["select", ["revenue", "user"]]]
        yield case("a select behind a group", plan=plan, tables=logs(draw))
        every = {
            "nth": ["row_number"],
            "rank": ["rank"],
            "before": ["lag", "cents", 1],
            "so_far": ["running_sum", "cents"],
        }
        spent = ["window", ["user"], [["ordered", True]], every]
        yield case("a window alone", plan=[["scan", "orders"], spent], tables=logs(draw))
        plan = [
            ["scan", "orders"],
            spent,
            ["filter", ["and", [">", "cents", "before"], ["<=", "nth", 4]]],
            ["select", ["so_far", "rank"]],
        ]
        yield case("a filter behind a window", plan=plan, tables=logs(draw))
        plan = [["scan", "orders"], spent, ["filter", [">", "cents", 30_000]]]
        yield case("a filter behind a window that reads nothing of it", plan=plan, tables=logs(draw))
        yield case("early spenders", plan=early_spenders(80_000), tables=logs(draw))


class JoinsAndFilters(Ran, Check):
    """A filter behind a join sees its result, the nulls of a left join included."""

    def cases(self, draw: Draw):
        scan = ["scan", "users"]
        for how in ("inner", "left", "anti"):
            join = ["join", "orders", ["user"], how]
            yield case(f"{how} join", plan=[scan, join], tables=logs(draw))
            yield case(
                f"{how} join, a filter on its key", plan=[scan, join, ["filter", ["<", "user", 9]]], tables=logs(draw)
            )
            plan = [scan, join, ["filter", ["or", [">", "age", 40], ["==", "country", 0]]], ["select", ["user", "age"]]]
            yield case(f"{how} join, a filter on the left", plan=plan, tables=logs(draw))
            if how != "anti":
                plan = [scan, join, ["filter", ["<", "cents", 50_000]], ["select", ["user", "cents"]]]
                yield case(f"{how} join, a filter on the right", plan=plan, tables=logs(draw))
                plan = [
                    scan,
                    join,
                    ["filter", ["not", ["and", [">", "cents", 9000], ["<", "age", 50]]]],
                    ["filter", ["<", "user", 20]],
                ]
                yield case(f"{how} join, a filter on both sides", plan=plan, tables=logs(draw))
        plan = [
            ["scan", "clicks"],
            ["join", "users", ["user"], "left"],
            ["filter", [">", "seconds", 99]],
            ["group", ["country"], {"n": ["count", "seconds"]}],
        ]
        yield case("a filter and a group behind a join", plan=plan, tables=logs(draw))
        tables = logs(draw)
        tables["bans"] = {"user": tables["users"]["user"], "n": nulls(draw, draw.booleans(30), 0.5)}
        plan = [
            scan,
            ["join", "orders", ["user"], "left"],
            ["join", "bans", ["user"], "inner"],
            ["filter", ["==", "n", 0]],
            ["filter", [">", "age", 20]],
        ]
        yield case("two joins", plan=plan, tables=tables)


class UnknownSteps(Check):
    """A step that is not known raises ValueError, which names it."""

    calls = RUN
    compare = False

    def cases(self, draw: Draw):
        yield case("a step called shuffle", plan=[["scan", "users"], ["shuffle", 3]], tables=logs(draw))
        yield case("a step called pivot", plan=[["scan", "users"], ["limit", 5], ["pivot"]], tables=logs(draw))

    def probe(self, solution, plan, tables):
        tables = {name: made(columns) for name, columns in tables.items()}
        return raised(solution.run, [tuple(map(written, step)) for step in plan], tables)

    def verify(self, case, got, want):
        expect(got["raised"] == "ValueError", f"what was raised is {got['raised']}, expected ValueError")
        name = case["plan"][-1][0]
        expect(name in got["message"], f"the message does not name the step, {name}: {got['message']!r}")


class WhateverTheOrder(Check):
    """The five queries give the same result when the rows of all tables are shuffled."""

    calls = RUN
    truth = False

    def cases(self, draw: Draw):
        plans = [
            best_customers(5000),
            pages_of_a_country(0, 100),
            early_spenders(90_000),
            silent_users(20),
            ratings(0.9),
        ]
        tables = logs(draw)
        other = {}
        for name, columns in tables.items():
            rows = draw.permutation(len(columns["user"][0]))
            other[name] = {key: [part[rows] for part in parts] for key, parts in columns.items()}
        for plan, title in zip(
            plans, ("best customers", "pages of a country", "early spenders", "silent users", "ratings"), strict=True
        ):
            yield case(title, plan=plan, tables=tables, other=other)

    def probe(self, solution, plan, tables, other):
        return {"result": ran(solution, plan, tables), "of shuffled tables": ran(solution, plan, other)}


class AMillionRows(Check):
    """Five queries on a million clicks and 100,000 orders give the judge's own answers."""

    calls = "run on a million clicks and 100,000 orders"
    truth = False
    battery = False
    seconds = 90.0

    def cases(self, draw: Draw):
        yield dict(plans=five(draw), tables=logs(draw, 1_000_000, 100_000, 20_000))

    def probe(self, solution, plans, tables):
        names = ("best customers", "pages of a country", "early spenders", "silent users", "ratings")
        return {name: ran(solution, plan, tables) for name, plan in zip(names, plans, strict=True)}

    def verify(self, case, got, want):
        plans, tables = case["plans"], case["tables"]
        users, orders, clicks = tables["users"], tables["orders"], tables["clicks"]
        n = len(users["user"][0])

        def column(name, key):
            return got[name]["rows"][key]["values"]

        def equal(name, key, exact):
            expect(torch.equal(column(name, key), exact), f"{name}: the column {key} is not what the judge computed")

        # best customers, by sums into one place for each user
        ok = orders["user"][1] & orders["cents"][1] & (orders["cents"][0] >= plans[0][1][1][1][2])
        ok &= orders["refunded"][1] & ~orders["refunded"][0]
        revenue = torch.zeros(n, dtype=torch.int64).index_add(0, orders["user"][0][ok], orders["cents"][0][ok])
        equal("best customers", "revenue", revenue.sort(descending=True).values[:20])
        # pages of a country, by marking pairs of page and user
        of = torch.full((n,), -1).index_copy(
            0, users["user"][0], users["country"][0].masked_fill(~users["country"][1], -1)
        )
        ok = clicks["user"][1] & clicks["seconds"][1] & (clicks["seconds"][0] > plans[1][3][1][2])
        ok &= of[clicks["user"][0]] == plans[1][2][1][2]
        pairs = (clicks["page"][0][ok] * n + clicks["user"][0][ok]).unique() // n
        equal("pages of a country", "visitors", torch.bincount(pairs).sort(descending=True).values[:30])
        # early spenders, along orders sorted by user and time; cumsum of int64 is exact
        rows = orders["ordered"][0].argsort()
        rows = rows[orders["user"][0][rows].argsort(stable=True)]
        rows = rows[orders["user"][1][rows]]
        user, cents = orders["user"][0][rows], orders["cents"][0][rows] * orders["cents"][1][rows]
        first = torch.searchsorted(user, user)
        total = cents.cumsum(0)
        ok = total - (total - cents)[first] > plans[2][2][1][1][2]
        ok &= torch.arange(len(user)) - first < 5
        equal("early spenders", "user", user[ok].unique())
        equal("early spenders", "n", torch.bincount(user[ok])[user[ok].unique()])
        # silent users and ratings, by countries
        buys = torch.bincount(orders["user"][0][orders["user"][1]], minlength=n)
        ok = (
            (buys[users["user"][0]] == 0)
            & users["age"][1]
            & (users["age"][0] >= plans[3][2][1][2])
            & users["country"][1]
        )
        counts = torch.bincount(users["country"][0][ok])
        equal("silent users", "n", counts[counts > 0])
        ok = users["country"][1]
        rows = torch.bincount(users["country"][0][ok], weights=buys[users["user"][0][ok]].clamp(min=1).double()).long()
        equal("ratings", "n", rows[rows > 0])


class FiveQueries(Workload):
    """Five queries on 90,000 clicks, with sixteen columns that no query reads, and 6,000 orders."""

    calls = "five queries on 90,000 clicks and 6,000 orders"

    def cases(self, draw: Draw, clicks: int = 90_000, orders: int = 6000, users: int = 3000):
        yield dict(plans=five(draw, 590), tables=logs(draw, clicks, orders, users, wide=16))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, 90, 50, 20))

    def probe(self, solution, plans, tables):
        tables = {name: made(columns) for name, columns in tables.items()}
        return [len(solution.run([tuple(map(written, step)) for step in plan], tables)) for plan in plans]


class WideTables(Workload):
    """One query on 300,000 clicks with sixteen columns that it does not read."""

    calls = "pages of a country, of 300,000 clicks"

    def cases(self, draw: Draw, clicks: int = 300_000, users: int = 5000):
        yield dict(plan=pages_of_a_country(1, 570), tables=logs(draw, clicks, 50, users, wide=16))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, 90, 20))

    def probe(self, solution, plan, tables):
        return ran(solution, plan, tables)
