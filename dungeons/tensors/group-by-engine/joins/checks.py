"""Hidden checks of tensors/group-by-engine/joins."""

import torch

from leveling.checks import Check, Draw, Workload, case, expect, raised

JOIN = "join(left, right, on, how)"
HOWS = ("inner", "left", "anti")


def made(columns):
    """{name: [values, valid]} -> a table."""
    from columns import Column

    return {name: Column(values, valid) for name, (values, valid) in columns.items()}


def dense(table):
    """A table as tensors that can be compared: rows in one order whatever order they had, zeros where it is null."""
    plain = [part for v, known in table.values() for part in (v.masked_fill(~known, 0), known)]
    if plain:
        rows = torch.arange(len(plain[0]))
        for part in reversed(plain):
            rows = rows[part[rows].argsort(stable=True)]
        plain = [part[rows] for part in plain]
    pairs = zip(table, plain[::2], plain[1::2], strict=True)
    return {"columns": list(table), "rows": {name: {"values": v, "valid": known} for name, v, known in pairs}}


def joined(solution, left, right, on, how):
    return dense(solution.join(made(left), made(right), list(on), how))


def keys(draw, rows, low, high, p=1.0):
    return [draw.integers(low, high, rows), draw.booleans(rows, p=p)]


def numbered(draw, rows, first, p=1.0):
    """A payload that tells every row from every other."""
    return [torch.arange(first, first + rows)[draw.permutation(rows)], draw.booleans(rows, p=p)]


def sides(draw, n, m, low, high, p=1.0):
    left = {"k": keys(draw, n, low, high, p), "x": numbered(draw, n, 1)}
    return dict(left=left, right={"y": numbered(draw, m, 1001), "k": keys(draw, m, low, high, p)})


class DuplicatesOnBothSides(Check):
    """Every pair of rows with equal keys is in the result, with duplicates on both sides."""

    calls = JOIN
    truth = False

    def cases(self, draw: Draw):
        for how in HOWS:
            yield case(f"{how}, some keys without partner", **sides(draw, 11, 7, 0, 9), on=["k"], how=how)
            yield case(f"{how}, many duplicates", **sides(draw, 13, 17, 0, 4), on=["k"], how=how)
            yield case(f"{how}, negative keys", **sides(draw, 30, 20, -20, 5), on=["k"], how=how)

    def probe(self, solution, left, right, on, how):
        return joined(solution, left, right, on, how)


class ColumnsOfTheResult(Check):
    """The columns of left come first, each once, with their dtypes; nulls in them stay nulls."""

    calls = JOIN
    truth = False

    def cases(self, draw: Draw):
        for how in HOWS:
            left = {"x": [draw.normal(12), draw.booleans(12)], "k": keys(draw, 12, 0, 5)}
            right = {"b": [draw.booleans(9), draw.booleans(9)], "k": keys(draw, 9, 0, 5)}
            right["u"] = [draw.integers(0, 256, 9, dtype=torch.uint8), draw.booleans(9)]
            yield case(how, left=left, right=right, on=["k"], how=how)
            yield case(f"{how}, keys alone on the right", left=left, right={"k": right["k"]}, on=["k"], how=how)

    def probe(self, solution, left, right, on, how):
        return joined(solution, left, right, on, how)


class SeveralKeys(Check):
    """Rows are partners when all keys are equal, wherever in int64 they lie."""

    calls = JOIN
    truth = False

    def cases(self, draw: Draw):
        far = torch.tensor([-(2**63), -(2**62), 0, 1, 2**62, 2**63 - 1])
        for how in HOWS:
            both = sides(draw, 25, 20, 0, 3)
            for side, rows in (("left", 25), ("right", 20)):
                both[side]["j"] = [draw.booleans(rows), torch.ones(rows).bool()]
            yield case(f"{how}, two keys", **both, on=["j", "k"], how=how)
            both = sides(draw, 25, 20, 0, 3)
            for side, rows in (("left", 25), ("right", 20)):
                for name in ("k", "j"):
                    both[side][name] = [far[draw.integers(0, 6, rows)], torch.ones(rows).bool()]
            yield case(f"{how}, keys far apart", **both, on=["k", "j"], how=how)

    def probe(self, solution, left, right, on, how):
        return joined(solution, left, right, on, how)


class NullsEqualNothing(Check):
    """A null key has no partner: it is gone from an inner join, alone in a left one, and kept by an anti join."""

    calls = JOIN
    truth = False

    def cases(self, draw: Draw):
        for how in HOWS:
            yield case(f"{how}, null keys on both sides", **sides(draw, 20, 15, 0, 4, 0.6), on=["k"], how=how)
            yield case(f"{how}, nothing but nulls", **sides(draw, 5, 4, 0, 2, 0.0), on=["k"], how=how)
            both = sides(draw, 25, 20, 0, 3, 0.7)
            for side, rows in (("left", 25), ("right", 20)):
                both[side]["j"] = keys(draw, rows, 0, 2, 0.7)
            yield case(f"{how}, two keys with nulls", **both, on=["k", "j"], how=how)

    def probe(self, solution, left, right, on, how):
        return joined(solution, left, right, on, how)


class EmptySides(Check):
    """Tables of no rows can be joined, from either side."""

    calls = JOIN
    truth = False

    def cases(self, draw: Draw):
        for how in HOWS:
            for n, m in ((0, 5), (6, 0), (0, 0)):
                yield case(f"{how}, {n} and {m} rows", **sides(draw, n, m, 0, 3), on=["k"], how=how)
            both = sides(draw, 6, 5, 0, 3)
            both["right"]["k"] = [both["right"]["k"][0] + 10, both["right"]["k"][1]]
            yield case(f"{how}, no key in common", **both, on=["k"], how=how)

    def probe(self, solution, left, right, on, how):
        return joined(solution, left, right, on, how)


class NamesThatClash(Check):
    """A column that both tables have and that is not a key raises ValueError, which names it."""

    calls = JOIN
    compare = False

    def cases(self, draw: Draw):
        for how in HOWS:
            both = sides(draw, 5, 4, 0, 3)
            both["right"]["price"] = both["left"]["price"] = keys(draw, 4, 0, 3)
            both["left"]["price"] = keys(draw, 5, 0, 3)
            yield case(how, **both, on=["k"], how=how)

    def probe(self, solution, left, right, on, how):
        return raised(solution.join, made(left), made(right), list(on), how)

    def verify(self, case, got, want):
        expect(got["raised"] == "ValueError", f"what was raised is {got['raised']}, expected ValueError")
        expect("price" in got["message"], f"the message does not name the column, price: {got['message']!r}")


class SixtyThousandRows(Workload):
    """The inner join of 60,000 rows with 60,000 rows, five pairs for each on average."""

    calls = "an inner join of 60,000 with 60,000 rows"

    def cases(self, draw: Draw, rows: int = 60_000):
        yield sides(draw, rows, rows, 0, max(rows // 5, 1))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=10))

    def probe(self, solution, left, right):
        table = solution.join(made(left), made(right), ["k"], "inner")
        return len(table["x"].values)


class ThousandKeys(Workload):
    """The left join of 3,000 with 3,000 rows, 1,000 different keys."""

    calls = "a left join of 3,000 with 3,000 rows"

    def cases(self, draw: Draw, rows: int = 3000):
        yield sides(draw, rows, rows, 0, max(rows // 3, 1))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=10))

    def probe(self, solution, left, right):
        table = solution.join(made(left), made(right), ["k"], "left")
        return len(table["x"].values)
