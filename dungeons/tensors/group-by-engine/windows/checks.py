"""Hidden checks of tensors/group-by-engine/windows."""

import torch

from leveling.checks import Check, Draw, Workload, case

CALL = "window(table, partition, by, functions)"
EVERY = {"number": ["row_number"], "rank": ["rank"], "before": ["lag", "x", 1], "sum": ["running_sum", "x"]}


def made(columns):
    """{name: [values, valid]} -> a table."""
    from columns import Column

    return {name: Column(values, valid) for name, (values, valid) in columns.items()}


def dense(table):
    """A table as tensors that can be compared: zeros where it is null."""
    plain = {name: {"values": v.masked_fill(~known, 0), "valid": known} for name, (v, known) in table.items()}
    return {"columns": list(table), **plain}


def windowed(solution, columns, partition, by, functions):
    functions = {name: tuple(written) for name, written in functions.items()}
    return dense(solution.window(made(columns), list(partition), [(name, down) for name, down in by], functions))


def known(values):
    return [values, torch.ones(len(values)).bool()]


def some(draw, values, p=0.6):
    return [values, draw.booleans(len(values), p=p)]


def log(draw, rows, users=4, days=6):
    """Users, days with ties, and money in quarters, whose sums are exact."""
    users, days = draw.integers(0, users, rows), draw.integers(0, days, rows)
    return {"user": known(users), "day": known(days), "x": known(draw.integers(1, 400, rows).double() / 4)}


def directions(draw, functions, rows=30):
    for by in ([["day", False]], [["day", True]], [["x", True], ["day", False]]):
        words = ", ".join(f"{name} {'descending' if down else 'ascending'}" for name, down in by)
        yield case(f"by {words}", columns=log(draw, rows), partition=["user"], by=by, functions=functions)


class Windowed:
    calls = CALL
    truth = False

    def probe(self, solution, columns, partition, by, functions):
        return windowed(solution, columns, partition, by, functions)


class RowNumbers(Windowed, Check):
    """row_number counts from 1 in each partition, in its order, and rows keep their places in the table."""

    def cases(self, draw: Draw):
        yield from directions(draw, {"number": ["row_number"]})
        columns = log(draw, 40) | {"shop": known(draw.booleans(40))}
        yield case(
            "two columns of partition",
            columns=columns,
            partition=["shop", "user"],
            by=[["day", False]],
            functions={"n": ["row_number"]},
        )


class TiesShareTheSmallerRank(Windowed, Check):
    """rank is 1 + the number of rows strictly before: ties share the smaller rank, and the next one jumps."""

    def cases(self, draw: Draw):
        yield from directions(draw, {"rank": ["rank"]}, 50)
        columns = log(draw, 40, 3, 2)
        columns["x"] = known(draw.integers(0, 2, 40))
        yield case(
            "ties in both keys",
            columns=columns,
            partition=["user"],
            by=[["day", False], ["x", True]],
            functions={"rank": ["rank"]},
        )


class LagsInsideThePartition(Windowed, Check):
    """lag reads k rows before in the order of the partition and is null where that would leave it."""

    def cases(self, draw: Draw):
        yield from directions(
            draw, {"a": ["lag", "x", 1], "b": ["lag", "day", 2], "c": ["lag", "x", 50], "d": ["lag", "user", 9]}
        )


class RunningSumsRestart(Windowed, Check):
    """running_sum starts anew in each partition, in int64 or float64."""

    def cases(self, draw: Draw):
        yield from directions(draw, {"sum": ["running_sum", "x"], "days": ["running_sum", "day"]})
        for label, x in (
            ("uint8", draw.integers(100, 256, 30, dtype=torch.uint8)),
            ("float32", draw.integers(2**22, 2**23, 30).float()),
            ("int64 above 2**53", 2**55 + draw.integers(0, 99, 30)),
            ("bool", draw.booleans(30)),
        ):
            columns = log(draw, 30) | {"x": known(x)}
            yield case(
                label, columns=columns, partition=["user"], by=[["day", False]], functions={"sum": ["running_sum", "x"]}
            )


class NullsInKeys(Windowed, Check):
    """A null in the order comes last and ties with other nulls; a row with a null in its partition keys gets nulls."""

    def cases(self, draw: Draw):
        for label, hidden in (("the order", ["day"]), ("the partition", ["user"]), ("both", ["user", "day"])):
            columns = log(draw, 40)
            columns |= {name: some(draw, columns[name][0]) for name in hidden}
            for down in (False, True):
                yield case(
                    f"nulls in {label}, descending {down}",
                    columns=columns,
                    partition=["user"],
                    by=[["day", down]],
                    functions=EVERY,
                )
        columns = log(draw, 30) | {"day": some(draw, torch.zeros(30).long())}
        yield case(
            "zeros and nulls in the order", columns=columns, partition=["user"], by=[["day", False]], functions=EVERY
        )


class NullsInValues(Windowed, Check):
    """lag hands nulls on; running_sum passes over them, and is null until there is something to add."""

    def cases(self, draw: Draw):
        for share in (0.7, 0.2, 0.0):
            columns = log(draw, 40)
            columns["x"] = some(draw, columns["x"][0], share)
            yield case(
                f"{share:.0%} of the values are known",
                columns=columns,
                partition=["user"],
                by=[["day", False]],
                functions=EVERY,
            )


class PreciseAfterAHugePartition(Windowed, Check):
    """What one partition adds up to, however much, takes no digit from the sums of the next."""

    def cases(self, draw: Draw):
        for label, huge in (("1e15", 2.0**50), ("1e250", 2.0**830)):
            columns = log(draw, 200, 5)
            user, x = columns["user"][0], columns["x"][0]
            columns["x"] = known(torch.where(user % 2 == 1, x * huge, x))  # powers of two: exact
            yield case(
                f"values about {label} times as large in partitions 1 and 3",
                columns=columns,
                partition=["user"],
                by=[["day", False]],
                functions={"sum": ["running_sum", "x"]},
            )

    def probe(self, solution, columns, partition, by, functions):
        found = windowed(solution, columns, partition, by, functions)["sum"]["values"]
        huge = columns["user"][0] % 2 == 1  # apart: beside the huge sums nobody would see an error in the small ones
        return {"small sums": found[~huge], "huge sums": found[huge]}


class PartitionsOfAnySize(Windowed, Check):
    """One partition, one row each, and no rows at all."""

    def cases(self, draw: Draw):
        for label, users in (
            ("one partition", torch.full((30,), 7)),
            ("one row each", draw.permutation(13)),
            ("one row", torch.tensor([5])),
            ("no rows", torch.zeros(0).long()),
        ):
            columns = log(draw, len(users)) | {"user": known(users)}
            yield case(
                label,
                columns=columns,
                partition=["user"],
                by=[["day", False]],
                functions=EVERY | {"two": ["lag", "day", 2]},
            )
        columns = log(draw, 6)
        columns["user"] = [columns["user"][0], torch.zeros(6).bool()]
        yield case(
            "no row belongs to a partition", columns=columns, partition=["user"], by=[["day", False]], functions=EVERY
        )


class FewAndManyPartitions(Workload):
    """All four functions over 2,000 rows: in 3 partitions, and in 700."""

    calls = "window with four functions, 2,000 rows in 3 and in 700 partitions"

    def cases(self, draw: Draw, rows: int = 2000):
        for users in (3, 700):
            yield case(f"{users} partitions", columns=log(draw, rows, users, 50))

    def warm_up(self, draw: Draw):
        return dict(columns=log(draw, 9, 3, 4))

    def probe(self, solution, columns):
        return windowed(solution, columns, ["user"], [["day", False]], EVERY)
