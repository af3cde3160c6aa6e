"""Hidden checks of tensors/streaming-statistics."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, kind_raised

# float64 sums in another order differ by a few 1e-16 of the sums of squares; 1e-9 is far above that and far below float32
CLOSE = Tolerance(relative=1e-9, absolute=1e-9)


def fed(solution, x, sizes):
    """Moments of the rows of x (N, D), handed over in batches of the given sizes."""
    moments = solution.Moments(x.shape[1])
    for part in x.split(list(sizes)):
        moments.update(part)
    return moments


def read(moments, *correction):
    """Everything a Moments tells, with its own default where no correction is given."""
    return {"mean": moments.mean(), "var": moments.var(*correction), "cov": moments.cov(*correction)}


def held(value):
    """How many numbers an object holds in its attributes, lists, dicts and tensors."""
    if isinstance(value, torch.Tensor):
        return value.numel()
    if isinstance(value, dict):
        return sum(held(item) for item in value.values())
    if isinstance(value, list | tuple | set):
        return sum(held(item) for item in value)
    slots = [getattr(value, name) for name in getattr(type(value), "__slots__", ()) if hasattr(value, name)]
    return held({**getattr(value, "__dict__", {}), **dict(enumerate(slots))}) or 1


class OnePassOverEverything(Check):
    """However the rows are cut into batches, mean, var and cov are those of all rows at once."""

    calls = "Moments(dim), update(x) for each batch, then mean(), var(), cov()"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for sizes in ((23,), (2, 21), (3, 11, 7, 2), (9, 9, 5)):
            x = draw.normal(23, 4, mean=2.0, std=1.5)
            x[: sizes[0]] += 3.0  # the first batch has a mean of its own
            yield case(f"batches of {sizes} rows", x=x, sizes=sizes)
        yield case("float64", x=draw.normal(12, 3, mean=1.0, dtype=torch.float64), sizes=(5, 7))
        yield case("dim = 1", x=draw.normal(10, 1, mean=-4.0), sizes=(4, 6))

    def probe(self, solution, x, sizes):
        return read(fed(solution, x, sizes))


class AnyCorrection(Check):
    """correction is subtracted from the number of rows: 0 gives the population's variance, 1 the sample's."""

    calls = "var(correction), cov(correction)"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for correction in (0, 1, 2, 3):
            yield case(f"correction {correction}, 5 rows", x=draw.normal(5, 3), sizes=(2, 3), correction=correction)

    def probe(self, solution, x, sizes, correction):
        return read(fed(solution, x, sizes), correction)


class EmptyAndSingleRows(Check):
    """Batches of no row and of one row are batches like others, at the start, in between and at the end."""

    calls = "update(x) with batches of 0 and 1 rows"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for sizes in ((0, 4), (3, 0, 0, 5), (6, 0), (1, 1, 1, 1), (1, 5, 0, 1, 2)):
            yield case(f"batches of {sizes} rows", x=draw.normal(sum(sizes), 3, mean=5.0), sizes=sizes)

    def probe(self, solution, x, sizes):
        return read(fed(solution, x, sizes))


class TooFewRows(Check):
    """var and cov are NaN while there are no more rows than correction; the mean of nothing is NaN."""

    calls = "mean(), var(correction), cov(correction) after few rows"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for rows, correction in ((0, 0), (0, 1), (1, 1), (1, 0), (1, 2), (2, 5), (2, 2)):
            yield case(f"{rows} rows, correction {correction}", x=draw.normal(rows, 3, mean=2.0), correction=correction)

    def probe(self, solution, x, correction):
        return read(fed(solution, x, (len(x),)), correction)


class LargeMeans(Check):
    """Data far from 0 keep their variance: mean 1e6 in float32, mean 1e9 in float64, deviation 1."""

    calls = "update(x) with a large mean, then var() and cov()"
    tolerance = Tolerance(relative=1e-3, absolute=1e-3)

    def cases(self, draw: Draw):
        for level, dtype in ((1.0e6, torch.float32), (-1.0e9, torch.float64)):
            for sizes in ((300, 500), (100,) * 8, (800,)):
                x = draw.normal(800, 3, mean=level, dtype=dtype)
                yield case(f"mean {level:g}, {dtype}, {len(sizes)} batches", x=x, sizes=sizes)

    def probe(self, solution, x, sizes):
        moments = fed(solution, x, sizes)
        return {"var": moments.var(), "cov": moments.cov(), "mean minus the first row": moments.mean() - x[0].double()}


class SymmetricWithVarOnTheDiagonal(Check):
    """cov is symmetric, has var on its diagonal, and constant columns have exactly no variance."""

    calls = "cov() and var()"
    compare = False

    def cases(self, draw: Draw):
        for dim, sizes in ((5, (7, 9, 3)), (1, (4, 4)), (33, (10, 20))):
            x = draw.normal(sum(sizes), dim, mean=40.0)
            x[:, 0] = 0.1
            yield case(f"dim = {dim}", x=x, sizes=sizes)

    def probe(self, solution, x, sizes):
        return read(fed(solution, x, sizes))

    def verify(self, case, got, want):
        cov, var, dim = got["cov"], got["var"], case["x"].shape[1]
        expect(tuple(cov.shape) == (dim, dim), f"cov has shape {tuple(cov.shape)}, expected {(dim, dim)}")
        expect(tuple(var.shape) == (dim,), f"var has shape {tuple(var.shape)}, expected {(dim,)}")
        skew = float((cov - cov.T).abs().max())
        expect(skew <= 1e-9, f"cov[i, j] and cov[j, i] differ by up to {skew:.3g}")
        gap = float(((cov.diagonal() - var).abs() - 1e-6 * var.abs()).max())
        expect(
            gap <= 1e-12, f"the diagonal of cov and var differ by up to {float((cov.diagonal() - var).abs().max()):.3g}"
        )
        expect(float(var[0].abs()) <= 1e-20, f"the variance of a column of 0.1 is {float(var[0]):.3g}, expected 0")


class OtherDtypes(Check):
    """Integer, bool and half-precision batches are taken; every result is float64."""

    calls = "update(x) in other dtypes, then mean(), var(), cov()"
    tolerance = CLOSE
    truth = False

    def cases(self, draw: Draw):
        for dtype in (torch.bfloat16, torch.float16):
            yield case(f"{dtype}", x=draw.normal(40, 3, mean=300.0, std=9.0, dtype=dtype))
        yield case("int64", x=draw.integers(-5, 90, 12, 3))
        yield case("uint8", x=draw.integers(200, 256, 12, 3, dtype=torch.uint8))
        yield case("bool", x=draw.booleans(14, 2))

    def probe(self, solution, x):
        found = read(fed(solution, x, (5, len(x) - 5)))
        return found | {"dtypes": [str(value.dtype) for value in found.values()]}


class MergingTwoStreams(Check):
    """a.merge(b) has seen the rows of both, in either order and however three are bracketed."""

    calls = "a.merge(b)"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for sizes in ((8, 5, 11), (1, 30, 1), (2, 2, 2)):
            x = draw.normal(sum(sizes), 3, mean=7.0)
            x[: sizes[0]] -= 5.0
            yield case(f"streams of {sizes} rows", x=x, sizes=sizes)

    def probe(self, solution, x, sizes):
        a, b, c = (fed(solution, part, (len(part),)) for part in x.split(list(sizes)))
        return {
            "a with b": read(a.merge(b)),
            "b with a": read(b.merge(a)),
            "(a with b) with c": read(a.merge(b).merge(c)),
            "a with (b with c)": read(a.merge(b.merge(c))),
        }


class MergingLargeMeans(Check):
    """Streams around 1e9 are merged without losing their variance."""

    calls = "a.merge(b)"
    tolerance = Tolerance(relative=1e-3, absolute=1e-3)

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(500, 2, mean=1.0e9, dtype=torch.float64))

    def probe(self, solution, x):
        merged = fed(solution, x[:200], (200,)).merge(fed(solution, x[200:], (300,)))
        return {"var": merged.var(), "cov": merged.cov()}


class MergingNothing(Check):
    """An object without rows adds nothing, on either side; two of them give another one."""

    calls = "a.merge(b) where one has seen no row"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("empty on the right, on the left, on both sides", x=draw.normal(9, 3, mean=3.0))

    def probe(self, solution, x):
        a, empty = fed(solution, x, (len(x),)), solution.Moments(x.shape[1])
        return {
            "a with empty": read(a.merge(empty)),
            "empty with a": read(empty.merge(a)),
            "empty with empty": read(empty.merge(solution.Moments(x.shape[1]))),
        }


class OperandsStayAsTheyAre(Check):
    """merge changes neither operand, and updating the result later does not reach them."""

    calls = "c = a.merge(b), then c.update(x)"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for rows in (6, 0):
            yield case(
                f"b has seen {rows} rows",
                x=draw.normal(5, 2),
                y=draw.normal(rows, 2, mean=3.0),
                z=draw.normal(4, 2, mean=9.0),
            )

    def probe(self, solution, x, y, z):
        a, b = fed(solution, x, (len(x),)), fed(solution, y, (len(y),))
        first, second = a.merge(b), b.merge(a)
        first.update(z)
        second.update(z)
        return {"a": read(a), "b": read(b), "a with b, then z": read(first), "b with a, then z": read(second)}


class ResultsBelongToTheCaller(Check):
    """What mean, var and cov returned neither changes with later batches nor changes the state when written to."""

    calls = "mean(), var(), cov(), then writes to them and another update(x)"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(7, 3, mean=2.0), y=draw.normal(5, 3, mean=-2.0))

    def probe(self, solution, x, y):
        moments = fed(solution, x, (len(x),))
        early = read(moments)
        moments.update(y)
        for value in read(moments).values():
            value.fill_(99.0)
        return {"read before the second batch": early, "read after writing to results": read(moments)}


class WrongShapes(Check):
    """A batch that is not (N, dim) and a partner of another dim raise ValueError; nothing is counted then."""

    calls = "update(x) and merge(other) with shapes that do not fit"
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(6, 3))

    def probe(self, solution, x):
        moments = fed(solution, x, (len(x),))
        return {
            "one column for three": kind_raised(ValueError, moments.update, x[:, :1]),
            "a row without a batch": kind_raised(ValueError, moments.update, x[0]),
            "another dimension": kind_raised(ValueError, moments.update, x[None]),
            "merge of 3 and 2 columns": kind_raised(ValueError, moments.merge, solution.Moments(2)),
            "mean afterwards": moments.mean(),
        }


class StateDoesNotGrow(Check):
    """After fifty updates a Moments holds as many numbers as after two."""

    calls = "fifty times update(x)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(20, 3))

    def probe(self, solution, x):
        few, many = fed(solution, x, (10, 10)), solution.Moments(x.shape[1])
        for _ in range(50):
            many.update(x)
        return {"few": held(few), "many": held(many)}

    def verify(self, case, got, want):
        few, many = got["few"], got["many"]
        expect(many <= few, f"after 2 updates it holds {few} numbers, after 50 it holds {many}")


class NoGraphIsKept(Check):
    """Batches that require grad leave no graph behind: no result requires grad."""

    calls = "update(x) with x that requires grad"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(8, 3, requires_grad=True))

    def probe(self, solution, x):
        moments = fed(solution, x * 2.0, (3, 5))
        found = read(moments) | {"merged cov": moments.merge(moments).cov()}
        return {name: value.detach() for name, value in found.items()} | {
            "results that require grad": [name for name, value in found.items() if value.requires_grad]
        }


class NotANumberStaysInItsColumn(Check):
    """A NaN spoils its own column; means, variances and covariances of the others stay what they are."""

    calls = "update(x) with one NaN"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        x = draw.normal(12, 4, mean=1.0)
        x[5, 2] = float("nan")
        yield dict(x=x, sizes=(4, 4, 4))

    def probe(self, solution, x, sizes):
        return read(fed(solution, x, sizes))


class FourUpdates(Workload):
    """Four batches of 500 rows."""

    calls = "Moments(5) and four times update(x)"

    def cases(self, draw: Draw, rows: int = 500):
        yield dict(x=draw.normal(rows, 5))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=3))

    def probe(self, solution, x):
        moments = solution.Moments(x.shape[1])
        for _ in range(4):
            moments.update(x)
        return moments.mean()


class OneLargeBatch(Workload):
    """A batch of 100,000 rows of 64 float32 numbers; in float64 it takes 49 MiB."""

    calls = "update(x) of 100000 rows, dim = 64"

    def cases(self, draw: Draw, rows: int = 100_000):
        yield dict(x=draw.normal(rows, 64))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=9))

    def probe(self, solution, x):
        moments = solution.Moments(x.shape[1])
        moments.update(x)
        return moments.mean()
