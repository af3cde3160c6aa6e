"""Hidden checks of tensors/group-by-engine/columns."""

import torch

from leveling.checks import Check, Draw, Workload, case

DTYPES = (torch.int64, torch.float32, torch.float64, torch.int32, torch.uint8, torch.bool)


def made(solution, columns):
    """{name: [values, valid]} -> a table."""
    return {name: solution.Column(values, valid) for name, (values, valid) in columns.items()}


def plain(column):
    """A column as tensors that can be compared: zeros where it is null."""
    return {"values": column.values.masked_fill(~column.valid, 0), "valid": column.valid}


def dense(table):
    return {"columns": list(table), **{name: plain(column) for name, column in table.items()}}


def drawn(draw, rows, dtype=torch.int64, low=-9, high=10, known=0.7):
    """A column with nulls: the last row and one other are known, and what lies under a null is as drawn."""
    return [
        draw.integers(max(low, 0) if dtype is torch.uint8 else low, high, rows, dtype=dtype),
        draw.booleans(rows, p=known),
    ]


def mixed(draw, rows):
    return {
        "user": drawn(draw, rows),
        "amount": drawn(draw, rows, torch.float32),
        "paid": drawn(draw, rows, torch.bool),
    }


class KnownUnlessSaid(Check):
    """column marks everything as known, unless it is told what is."""

    calls = "column(values, valid)"
    truth = False

    def cases(self, draw: Draw):
        yield case("without a mask", values=draw.integers(-9, 9, 5), valid=None)
        yield case("with a mask", values=draw.normal(7), valid=draw.booleans(7))
        yield case("no rows", values=draw.normal(0), valid=None)

    def probe(self, solution, values, valid):
        made = solution.column(values) if valid is None else solution.column(values, valid)
        return {"values": made.values, "valid": made.valid}


class RowsTaken(Check):
    """take picks rows of every column, repeated ones too, and makes a row of nulls for -1."""

    calls = "take(table, rows)"
    truth = False

    def cases(self, draw: Draw):
        for label, rows in (
            ("some rows", draw.permutation(11)[:6]),
            ("more rows than there are", draw.integers(0, 11, 30)),
            ("some of them -1", draw.integers(-1, 3, 20)),
            ("only -1", torch.full((3,), -1)),
            ("the first and the last row", torch.tensor([0, 10])),
        ):
            yield case(label, columns=mixed(draw, 11), rows=rows)
        yield case(
            "no row is null, no mask to carry",
            columns={"a": [draw.normal(4), torch.ones(4).bool()]},
            rows=draw.permutation(4),
        )

    def probe(self, solution, columns, rows):
        return dense(solution.take(made(solution, columns), rows))


class Comparisons(Check):
    """compare compares with a number or another column, and is null where a side is null."""

    calls = "compare(left, how, right)"
    truth = False

    def cases(self, draw: Draw):
        for how in ("==", "!=", "<", "<=", ">", ">="):
            left, right = drawn(draw, 40, low=-3, high=4), drawn(draw, 40, low=-3, high=4)
            yield case(f"a column {how} a column", left=left, how=how, right=right)
            yield case(f"a column {how} 1", left=drawn(draw, 20, low=-1, high=4), how=how, right=1)
        yield case(
            "floats near 1 >= 1", left=[1 + draw.integers(-9, 9, 20) / 2**20, draw.booleans(20)], how=">=", right=1.0
        )
        yield case("floats < 0.5", left=[draw.normal(20), draw.booleans(20)], how="<", right=0.5)

    def probe(self, solution, left, how, right):
        right = solution.Column(*right) if isinstance(right, (list, tuple)) else right
        return plain(solution.compare(solution.Column(*left), how, right))


class LogicOfThreeValues(Check):
    """negate, both and either answer whatever the nulls may stand for, and null only where that matters."""

    calls = "negate(a), both(a, b), either(a, b)"
    truth = False

    def cases(self, draw: Draw):
        for a in ("true", "false", "null"):
            for b in ("true", "false", "null"):
                # what lies under a null is both, in turn
                under = [
                    [name == "true" or (name == "null" and flag) for flag in flags]
                    for name, flags in ((a, (0, 1, 0, 1)), (b, (0, 0, 1, 1)))
                ]
                values = [torch.tensor([bool(x) for x in row]) for row in under]
                valid = [torch.full((4,), name != "null") for name in (a, b)]
                yield case(f"a is {a}, b is {b}", a=[values[0], valid[0]], b=[values[1], valid[1]])
        known = torch.tensor([(x, y) for x in (0, 1) for y in (0, 1)], dtype=torch.bool)  # value, valid
        rows = draw.permutation(16)
        a, b = known.repeat_interleave(4, 0)[rows], known.repeat(4, 1)[rows]
        yield case("all of them in one column", a=[a[:, 0], a[:, 1]], b=[b[:, 0], b[:, 1]])

    def probe(self, solution, a, b):
        a, b = solution.Column(*a), solution.Column(*b)
        results = {"both": solution.both(a, b), "either": solution.either(a, b), "negate a": solution.negate(a)}
        return {name: plain(result) for name, result in results.items()}


class RowsKept(Check):
    """keep keeps the rows whose mask is known to be True, in their order."""

    calls = "keep(table, mask)"
    truth = False

    def cases(self, draw: Draw):
        yield case("a mask with nulls", columns=mixed(draw, 30), mask=drawn(draw, 30, torch.bool, 0, 2))
        known = torch.ones(13).bool()
        yield case("a mask without nulls", columns=mixed(draw, 13), mask=[draw.booleans(13), known])
        yield case("everything", columns=mixed(draw, 13), mask=[known, known])

    def probe(self, solution, columns, mask):
        return dense(solution.keep(made(solution, columns), solution.Column(*mask)))


class SortedBySeveralKeys(Check):
    """order sorts by the first key, then the second, each in its direction; equal rows keep their order."""

    calls = "order(table, by)"
    truth = False

    def cases(self, draw: Draw):
        for by in (
            (("a", False),),
            (("a", True),),
            (("a", False), ("b", True)),
            (("b", True), ("a", False), ("c", True)),
            (("c", False), ("b", False), ("a", True)),
        ):
            columns = {name: [draw.integers(0, 4, 60), torch.ones(60).bool()] for name in "abc"}
            columns["b"][0] = columns["b"][0].float() / 4 - 0.5
            words = ", ".join(f"{name} {'descending' if down else 'ascending'}" for name, down in by)
            yield case(f"by {words}", columns=columns, by=[list(key) for key in by])

    def probe(self, solution, columns, by):
        return solution.order(made(solution, columns), [(name, down) for name, down in by])


class NullsLast(Check):
    """Nulls come last in either direction and are equal to each other, whatever lies under them."""

    calls = "order(table, by)"
    truth = False

    def cases(self, draw: Draw):
        for down in (False, True):
            columns = {"a": drawn(draw, 40, low=-2, high=3), "b": drawn(draw, 40, torch.float64, -2, 3)}
            yield case(f"descending {down}", columns=columns, by=[["a", down], ["b", not down]])
            columns = {"a": drawn(draw, 9, known=0.0)}
            yield case(f"nothing but nulls, descending {down}", columns=columns, by=[["a", down]])

    def probe(self, solution, columns, by):
        return solution.order(made(solution, columns), [(name, down) for name, down in by])


class ExtremeKeys(Check):
    """Keys of every dtype are sorted as they are: int64 to its ends, uint8, bool, infinities and NaN."""

    calls = "order(table, [(name, descending)])"
    truth = False

    def cases(self, draw: Draw):
        ends = torch.tensor([-(2**63), 2**63 - 1, 0, -(2**63), -(2**63) + 1, 2**63 - 2, -1, 1])
        odd = [float("inf"), float("nan"), -float("inf"), 0.0, -0.0, 1.0, float("nan"), -0.0, 0.0, float("inf")]
        for down in (False, True):
            for label, values in (
                ("int64 to its ends", ends[draw.permutation(8)]),
                ("int64 above 2**53", 2**53 + draw.integers(0, 4, 30)),
                ("uint8", draw.integers(0, 256, 40, dtype=torch.uint8)),
                ("bool", draw.booleans(30)),
                ("floats near 1", 1 + draw.permutation(30) / 2**20),
                ("floats with infinities and NaN", torch.tensor(odd)[draw.permutation(10)]),
            ):
                some = draw.booleans(len(values), p=0.8)
                yield case(f"{label}, descending {down}", columns={"a": [values, some]}, by=[["a", down]])

    def probe(self, solution, columns, by):
        return solution.order(made(solution, columns), [(name, down) for name, down in by])


class EmptyTables(Check):
    """Nothing taken, nothing kept and nothing sorted are tables, too, with columns of their dtypes."""

    calls = "take, keep and order, with no rows,"
    truth = False

    def cases(self, draw: Draw):
        for rows in (0, 5):
            yield case(f"{rows} rows", columns={str(dtype): drawn(draw, rows, dtype, 0) for dtype in DTYPES})

    def probe(self, solution, columns):
        table = made(solution, columns)
        rows = len(next(iter(table.values())).values)
        nothing = torch.zeros(0, dtype=torch.int64)
        none = solution.Column(torch.ones(rows).bool(), torch.zeros(rows).bool())
        empty = solution.take(table, nothing)
        return {
            "taken": dense(empty),
            "kept": dense(solution.keep(table, none)),
            "taken from nothing": dense(solution.take(empty, nothing)),
            "nulls taken from nothing": dense(solution.take(empty, torch.tensor([-1, -1]))),
            "order": solution.order(empty, [("torch.int64", True), ("torch.bool", False)]),
        }


class ThreeKeys(Workload):
    """The order of 2,000 rows by three keys."""

    calls = "order by three keys, 2,000 rows"

    def cases(self, draw: Draw, rows: int = 2000):
        yield dict(columns={name: drawn(draw, rows, low=0, high=40) for name in "abc"})

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=7))

    def probe(self, solution, columns):
        return solution.order(made(solution, columns), [("a", False), ("b", True), ("c", False)])
