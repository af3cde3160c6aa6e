"""Hidden checks of tensors/segment-reduce."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, gradients

SUM, MEAN, MAX, SOFTMAX = "sum(x, ids, n)", "mean(x, ids, n)", "max(x, ids, n)", "softmax(x, ids, n)"


def every_id(draw, n, extra):
    """Ids in random order in which each of 0 .. n-1 occurs at least once."""
    return torch.cat([torch.arange(n), draw.integers(0, n, extra)])[draw.permutation(n + extra)]


def shaped(draw, **options):
    """The shapes at which every reduction must work."""
    for label, n, extra, trailing in (
        ("rank 1", 5, 12, ()),
        ("rank 2", 5, 12, (3,)),
        ("rank 3", 3, 10, (2, 7)),
        ("rank 2, one column", 7, 6, (1,)),
        ("a single segment, n = 1", 1, 10, (3,)),
        ("every segment has one row", 11, 0, (2,)),
    ):
        yield case(label, x=draw.normal(n + extra, *trailing, **options), ids=every_id(draw, n, extra), n=n)


class SumsOfEverySegment(Check):
    """segment_sum adds every row to its segment, for unsorted and repeated ids and x of rank 1 to 3."""

    calls = f"segment_{SUM}"

    def cases(self, draw: Draw):
        yield from shaped(draw, mean=0.5)

    def probe(self, solution, x, ids, n):
        return solution.segment_sum(x, ids, n)


class MeansOfEverySegment(Check):
    """segment_mean divides the sum of a segment by the number of its rows."""

    calls = f"segment_{MEAN}"

    def cases(self, draw: Draw):
        yield from shaped(draw, mean=0.5)

    def probe(self, solution, x, ids, n):
        return solution.segment_mean(x, ids, n)


class MaximaOfEverySegment(Check):
    """segment_max takes the elementwise maximum, also where every value is negative."""

    calls = f"segment_{MAX}"

    def cases(self, draw: Draw):
        yield from shaped(draw)
        yield case("all values negative", x=draw.uniform(14, 3, low=-9.0, high=-1.0), ids=every_id(draw, 5, 9), n=5)

    def probe(self, solution, x, ids, n):
        return solution.segment_max(x, ids, n)


class SoftmaxOfEverySegment(Check):
    """segment_softmax is the softmax of each segment, put back where its entries stood."""

    calls = f"segment_{SOFTMAX}"

    def cases(self, draw: Draw):
        for label, n, extra in (("five segments", 5, 12), ("one segment", 1, 8), ("one entry a segment", 7, 0)):
            yield case(label, x=draw.normal(n + extra, std=2.0), ids=every_id(draw, n, extra), n=n)

    def probe(self, solution, x, ids, n):
        return solution.segment_softmax(x, ids, n)


class EmptySegments(Check):
    """An empty segment gives 0 for sum and mean and -inf for max, wherever it lies."""

    calls = "all four functions, called with empty segments,"

    def cases(self, draw: Draw):
        for label, used, n in (
            ("an empty segment in the middle", (0, 2, 3), 4),
            ("the first segment empty", (1, 2), 3),
            ("the last two segments empty", (0, 1, 2), 5),
        ):
            ids = torch.tensor(used)[every_id(draw, len(used), 8)]
            yield case(label, x=draw.normal(len(ids), 3, mean=-4.0), ids=ids, n=n)

    def probe(self, solution, x, ids, n):
        return {
            "segment_sum": solution.segment_sum(x, ids, n),
            "segment_mean": solution.segment_mean(x, ids, n),
            "segment_max": solution.segment_max(x, ids, n),
            "segment_softmax of x[:, 0]": solution.segment_softmax(x[:, 0], ids, n),
        }


class NoRowsAtAll(Check):
    """N = 0 gives n empty segments, and an empty softmax."""

    calls = "all four functions, called with N = 0,"

    def cases(self, draw: Draw):
        none = torch.zeros(0, dtype=torch.int64)
        yield case("x of shape (0, 3)", x=draw.normal(0, 3), ids=none, n=4)
        yield case("no rows and no segments", x=draw.normal(0, 3), ids=none, n=0)
        yield case("rows without entries, x of shape (5, 0)", x=draw.normal(5, 0), ids=every_id(draw, 2, 3), n=2)

    def probe(self, solution, x, ids, n):
        return {
            "segment_sum": solution.segment_sum(x, ids, n),
            "segment_mean": solution.segment_mean(x, ids, n),
            "segment_max": solution.segment_max(x, ids, n),
            "segment_softmax of zeros": solution.segment_softmax(torch.zeros(len(ids)), ids, n),
        }


class GradientsMatch(Check):
    """Gradients of x match through all four functions; empty segments bring no NaN, and the mean divides there too."""

    calls = "all four functions, then backward,"

    def cases(self, draw: Draw):
        ids = every_id(draw, 5, 11)
        yield case("no empty segment", x=draw.normal(16, 3, requires_grad=True), ids=ids, n=5)
        ids = torch.tensor([4, 1, 2])[every_id(draw, 3, 9)]
        yield case("segments 0, 3 and 5 empty", x=draw.normal(12, 2, requires_grad=True), ids=ids, n=6)

    def probe(self, solution, x, ids, n):
        return {
            "segment_sum": gradients(solution.segment_sum(x, ids, n), x=x),
            "segment_mean": gradients(solution.segment_mean(x, ids, n), x=x),
            "segment_max": gradients(solution.segment_max(x, ids, n), x=x),
            "segment_softmax of x[:, 0]": gradients(solution.segment_softmax(x[:, 0], ids, n), x=x),
        }


class FarApartSegments(Check):
    """segment_softmax stays exact when one segment holds logits near 1e4 and another near -1e4."""

    calls = f"segment_{SOFTMAX}"

    def cases(self, draw: Draw):
        ids = every_id(draw, 3, 15)
        levels = torch.tensor([1.0e4, -1.0e4, 0.0])[draw.permutation(3)]
        # steps of 1/8 are exact in float32 at 1e4, so that the answer does not depend on rounding the logits
        x = levels[ids] + draw.integers(-16, 17, 18) / 8
        yield case("1e4, -1e4 and 0", x=x, ids=ids, n=3)
        yield case("all near -1e4", x=x - levels[ids] - 1.0e4, ids=ids, n=3)
        yield case("one logit of -inf", x=draw.spiked(draw.normal(18), float("-inf")), ids=ids % 2, n=2)

    def probe(self, solution, x, ids, n):
        return solution.segment_softmax(x, ids, n)


class IntegersStayExact(Check):
    """int64 sums are int64 and exact far above 2**24, where float32 has no odd numbers left."""

    calls = f"segment_{SUM}"

    def cases(self, draw: Draw):
        yield case("values near 2**30", x=draw.integers(2**30, 2**30 + 99, 20), ids=every_id(draw, 4, 16), n=5)
        yield case("values near 2**55", x=draw.integers(2**55, 2**55 + 99, 20, 2), ids=every_id(draw, 4, 16), n=4)

    def probe(self, solution, x, ids, n):
        return solution.segment_sum(x, ids, n)


class MeansOfLargeHalves(Check):
    """segment_mean of float16 values whose sum exceeds 65504 is finite and right."""

    calls = f"segment_{MEAN}"

    def cases(self, draw: Draw):
        x = draw.uniform(600, low=900.0, high=1100.0, dtype=torch.float16)
        yield case("segments that sum to about 2e5", x=x, ids=every_id(draw, 3, 597), n=4)

    def probe(self, solution, x, ids, n):
        return solution.segment_mean(x, ids, n)


class HalvesAreSummedInFloat32(Check):
    """float16 and bfloat16 in, the same dtype out, with long segments accumulated in float32."""

    calls = "all four functions, in half precision,"
    tolerance = Tolerance(relative=1e-2, absolute=1e-5)

    def cases(self, draw: Draw):
        for dtype in (torch.float16, torch.bfloat16):
            # below 1, so that a float16 sum stands still at 2048 and a bfloat16 sum at 256
            x = draw.uniform(12_000, 2, low=0.5, high=0.9, dtype=dtype)
            yield case(f"{dtype}, segments of about 6,000 rows", x=x, ids=every_id(draw, 2, 11_998), n=2)

    def probe(self, solution, x, ids, n):
        return {
            "segment_sum": solution.segment_sum(x, ids, n),
            "segment_sum of x[:, 0]": solution.segment_sum(x[:, 0], ids, n),
            "segment_mean": solution.segment_mean(x, ids, n),
            "segment_max": solution.segment_max(x, ids, n),
            "segment_softmax of x[:, 0]": solution.segment_softmax(x[:, 0], ids, n),
        }


class ThousandSegments(Workload):
    """The softmax of 10,000 logits in 10 and in 1,000 segments."""

    calls = "segment_softmax(x, ids, n) at N = 10000"

    def cases(self, draw: Draw):
        for n in (10, 1000):
            yield case(f"n = {n}", x=draw.normal(10_000), ids=draw.integers(0, n, 10_000), n=n)

    def warm_up(self, draw: Draw):
        return dict(x=draw.normal(9), ids=draw.integers(0, 4, 9), n=4)

    def probe(self, solution, x, ids, n):
        return solution.segment_softmax(x, ids, n)


class LongColumns(Workload):
    """All four functions over 200,000 rows of width 32 in 1,000 segments; over 2,000,000 on a GPU."""

    calls = "all four functions at N = 200000 (2000000 on a GPU), n = 1000"

    def cases(self, draw: Draw, rows: int = 200_000, n: int = 1000):
        yield dict(x=draw.normal(rows, 32), ids=draw.integers(0, n, rows), n=n)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=50, n=7))

    def probe(self, solution, x, ids, n):
        if x.is_cuda and len(x) > 1000:
            x, ids = x.repeat(10, 1), ids.repeat(10)
        with torch.no_grad():
            return (
                solution.segment_sum(x, ids, n),
                solution.segment_mean(x, ids, n),
                solution.segment_max(x, ids, n),
                solution.segment_softmax(x[:, 0].contiguous(), ids, n),
            )


class OneLongSegment(Workload):
    """100,000 rows in 500 segments, one of which holds half of the rows."""

    calls = "segment_sum and segment_max at N = 100000, n = 500, one segment with half of the rows"

    def cases(self, draw: Draw, rows: int = 100_000, n: int = 500):
        ids = draw.integers(0, n, rows)
        yield dict(x=draw.normal(rows, 8), ids=torch.where(draw.booleans(rows), n // 3, ids), n=n)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=50, n=7))

    def probe(self, solution, x, ids, n):
        with torch.no_grad():
            return solution.segment_sum(x, ids, n), solution.segment_max(x, ids, n)
