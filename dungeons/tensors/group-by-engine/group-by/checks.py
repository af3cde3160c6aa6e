"""Hidden checks of tensors/group-by-engine/group-by."""

import torch

from leveling.checks import Check, Draw, Workload, case

BY = "group_by(table, keys, aggregates)"
EVERY = {
    "count": ["count", "x"],
    "sum": ["sum", "x"],
    "mean": ["mean", "x"],
    "min": ["min", "x"],
    "max": ["max", "x"],
    "distinct": ["distinct", "x"],
    "median": ["quantile", "x", 0.5],
}


def made(columns):
    """{name: [values, valid]} -> a table."""
    from columns import Column

    return {name: Column(values, valid) for name, (values, valid) in columns.items()}


def dense(table):
    """A table as tensors that can be compared: zeros where it is null."""
    plain = {name: {"values": v.masked_fill(~known, 0), "valid": known} for name, (v, known) in table.items()}
    return {"columns": list(table), **plain}


def grouped(solution, columns, keys, aggregates):
    aggregates = {name: tuple(written) for name, written in aggregates.items()}
    return dense(solution.group_by(made(columns), list(keys), aggregates))


def known(values):
    return [values, torch.ones(len(values)).bool()]


def some(draw, values, p=0.6):
    return [values, draw.booleans(len(values), p=p)]


def money(draw, rows, low=-400, high=400):
    """Quarters: sums of them are exact in float64."""
    return draw.integers(low, high, rows) / 4


class GroupIds(Check):
    """group_ids numbers equal keys in ascending order and names the first row of each; -1 where a key is null."""

    calls = "group_ids(table, keys)"
    truth = False

    def cases(self, draw: Draw):
        yield case("one key", columns={"a": known(draw.integers(-3, 4, 30))}, keys=["a"])
        columns = {name: known(draw.integers(0, 3, 40)) for name in "abc"}
        yield case("two of three columns", columns=columns, keys=["c", "a"])
        yield case("three keys", columns=columns, keys=["b", "c", "a"])
        columns = {name: some(draw, draw.integers(0, 3, 40), 0.7) for name in "ab"}
        yield case("keys with nulls", columns=columns, keys=["a", "b"])
        yield case(
            "bool and uint8",
            columns={"a": known(draw.booleans(20)), "b": known(draw.integers(250, 256, 20).byte())},
            keys=["b", "a"],
        )

    def probe(self, solution, columns, keys):
        ids, firsts = solution.group_ids(made(columns), list(keys))
        return {"ids": ids, "firsts": firsts}


class SumsCountsAndMeans(Check):
    """count and sum stay exact, mean is float64, and keys come first in the result."""

    calls = BY
    truth = False

    def cases(self, draw: Draw):
        aggregates = {"n": ["count", "x"], "total": ["sum", "x"], "average": ["mean", "x"], "other": ["sum", "y"]}
        for label, x in (
            ("float64", money(draw, 50).double()),
            ("float32", money(draw, 50)),
            ("int32 near its end", draw.integers(2**30, 2**31, 50, dtype=torch.int32)),
            ("uint8", draw.integers(0, 256, 50, dtype=torch.uint8)),
            ("bool", draw.booleans(50)),
        ):
            columns = {"x": known(x), "k": known(draw.integers(-2, 5, 50)), "y": known(draw.integers(0, 9, 50))}
            yield case(label, columns=columns, keys=["k"], aggregates=aggregates)
        columns = columns | {"k2": known(draw.integers(0, 3, 50))}
        yield case("two keys", columns=columns, keys=["k2", "k"], aggregates=aggregates)

    def probe(self, solution, columns, keys, aggregates):
        return grouped(solution, columns, keys, aggregates)


class SmallestAndLargest(Check):
    """min and max keep the dtype, whatever the signs are."""

    calls = BY
    truth = False

    def cases(self, draw: Draw):
        ends = torch.tensor([-(2**63), 2**63 - 1, 2**63 - 2, -(2**63) + 1])
        for label, x in (
            ("all negative", draw.integers(-90, -2, 40)),
            ("all positive", draw.integers(2, 90, 40).float()),
            ("int64 to its ends", ends[draw.integers(0, 4, 40)]),
            ("uint8", draw.integers(0, 256, 40, dtype=torch.uint8)),
        ):
            columns = {"k": known(draw.integers(0, 5, 40)), "x": known(x)}
            yield case(label, columns=columns, keys=["k"], aggregates={"low": ["min", "x"], "high": ["max", "x"]})

    def probe(self, solution, columns, keys, aggregates):
        return grouped(solution, columns, keys, aggregates)


class DistinctValues(Check):
    """distinct counts the different values of each group."""

    calls = BY
    truth = False

    def cases(self, draw: Draw):
        keys = known(draw.integers(0, 5, 60))
        for label, x in (
            ("few values", draw.integers(0, 4, 60)),
            ("one value", torch.full((60,), 3)),
            ("floats", draw.integers(0, 9, 60) / 8),
        ):
            yield case(label, columns={"k": keys, "x": known(x)}, keys=["k"], aggregates={"d": ["distinct", "x"]})

    def probe(self, solution, columns, keys, aggregates):
        return grouped(solution, columns, keys, aggregates)


class Quantiles(Check):
    """A quantile interpolates linearly between the sorted values of its group, in float64; groups of one row included."""

    calls = BY
    truth = False

    def cases(self, draw: Draw):
        for label, rows, values in (
            ("about ten rows a group", 50, draw.integers(0, 1000, 50) / 4),
            ("one row a group", 7, draw.integers(0, 1000, 7)),
            ("one or two rows a group", 9, draw.integers(0, 1000, 9).int()),
        ):
            keys = torch.arange(rows) % (5 if rows == 50 else 7)
            columns = {"k": known(keys[draw.permutation(rows)]), "x": known(values)}
            for q in (0.5, 0.25, 0.9, 0.0, 1.0, round(draw.number(), 2)):
                yield case(f"{label}, q = {q}", columns=columns, keys=["k"], aggregates={"q": ["quantile", "x", q]})
        rows = 100_001  # where float32 no longer knows each place
        columns = {"k": known(torch.zeros(rows, dtype=torch.int64)), "x": known(draw.permutation(rows) * 1000)}
        yield case(
            "a group of 100,001 rows", columns=columns, keys=["k"], aggregates={"q": ["quantile", "x", 0.7777777]}
        )

    def probe(self, solution, columns, keys, aggregates):
        return grouped(solution, columns, keys, aggregates)


class NullsTakeNoPart(Check):
    """Rows with a null key are left out, nulls do not count as values, and a group of nulls alone has count 0 and no sum."""

    calls = BY
    truth = False

    def cases(self, draw: Draw):
        for label, share in (("most values are known", 0.8), ("few values are known", 0.1), ("no value is known", 0.0)):
            for kind in ("integers", "floats"):
                x = draw.integers(0, 50, 40) if kind == "integers" else money(draw, 40, 0).double()
                columns = {"k": some(draw, draw.integers(0, 9, 40), 0.8), "x": some(draw, x, share)}
                yield case(f"{label}, {kind}", columns=columns, keys=["k"], aggregates=EVERY)
        columns = {
            "k": some(draw, torch.zeros(40).long(), 0.5),
            "j": some(draw, draw.integers(0, 3, 40), 0.7),
            "x": some(draw, money(draw, 40, 0)),
        }
        yield case("two keys with nulls", columns=columns, keys=["k", "j"], aggregates=EVERY | {"rows": ["count", "k"]})

    def probe(self, solution, columns, keys, aggregates):
        return grouped(solution, columns, keys, aggregates)


class IntegersAreExact(Check):
    """Sums of int64 are exact above 2**53, and distinct values there are told apart."""

    calls = BY
    truth = False

    def cases(self, draw: Draw):
        columns = {"k": known(draw.integers(0, 4, 30)), "x": known(2**55 + draw.integers(0, 9, 30))}
        yield case("values near 2**55", columns=columns, keys=["k"], aggregates=EVERY)
        odd = known(2**25 + 2 * draw.integers(0, 9, 30) + 1)
        yield case("odd values near 2**25", columns=columns | {"x": odd}, keys=["k"], aggregates=EVERY)

    def probe(self, solution, columns, keys, aggregates):
        return grouped(solution, columns, keys, aggregates)


class KeysOfAnySize(Check):
    """Keys may lie anywhere in int64, several of them too."""

    calls = BY
    truth = False

    def cases(self, draw: Draw):
        far = torch.tensor([-(2**63), -(2**62), -1, 0, 1, 2**62, 2**62 + 1, 2**63 - 1])
        columns = {name: known(far[draw.integers(0, 8, 80)]) for name in "ab"} | {"x": known(money(draw, 80))}
        yield case("one key", columns=columns, keys=["a"], aggregates={"n": ["sum", "x"]})
        yield case("two keys", columns=columns, keys=["b", "a"], aggregates={"n": ["sum", "x"]})

    def probe(self, solution, columns, keys, aggregates):
        return grouped(solution, columns, keys, aggregates)


class NothingToGroup(Check):
    """No rows, or no row with a key, give a table of no rows with the right dtypes."""

    calls = BY
    truth = False

    def cases(self, draw: Draw):
        for rows in (0, 6):
            keys = [draw.integers(0, 3, rows), torch.zeros(rows).bool()]
            yield case(
                f"{rows} rows, int32 values",
                columns={"k": keys, "x": known(draw.integers(0, 9, rows).int())},
                keys=["k"],
                aggregates=EVERY,
            )
            yield case(
                f"{rows} rows, float32 values",
                columns={"k": keys, "x": known(draw.normal(rows))},
                keys=["k"],
                aggregates=EVERY,
            )

    def probe(self, solution, columns, keys, aggregates):
        return grouped(solution, columns, keys, aggregates)


class ThousandGroups(Workload):
    """Seven aggregates over 5,000 rows in 1,000 groups."""

    calls = "group_by with seven aggregates, 5,000 rows in 1,000 groups"

    def cases(self, draw: Draw, rows: int = 5000, groups: int = 1000):
        yield dict(columns={"k": known(draw.integers(0, groups, rows)), "x": known(money(draw, rows).double())})

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=9, groups=3))

    def probe(self, solution, columns):
        return grouped(solution, columns, ["k"], EVERY)


class OneLargeGroup(Workload):
    """Sum and median over 400,000 rows in 500 groups, one of which has half of the rows."""

    calls = "group_by with sum and median, 400,000 rows in 500 groups"

    def cases(self, draw: Draw, rows: int = 400_000, groups: int = 500):
        keys = torch.where(draw.booleans(rows), groups // 3, draw.integers(0, groups, rows))
        yield dict(columns={"k": known(keys), "x": known(draw.integers(0, 10**6, rows))})

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=9, groups=3))

    def probe(self, solution, columns):
        return grouped(solution, columns, ["k"], {"sum": ["sum", "x"], "median": ["quantile", "x", 0.5]})
