"""Hidden checks of tensors/trial-a. Scores, boxes and sums that decide something are drawn so that they are exact."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients

SUMS, NMS = "segmented_cumsum(x, starts)", "nms_keep(boxes, scores, threshold)"
ROWS, PATHS = "sparse_rows_matmul(indices, values, dense)", "viterbi(emissions, transitions)"
CLOSE = Tolerance(relative=1e-5, absolute=1e-5)
THRESHOLDS = (0.31417, 0.44721, 0.57722)  # no quotient of small whole numbers comes near


def boxes(draw, count, reach=12, size=9):
    """(count, 4) boxes with whole corners."""
    low = draw.integers(0, reach, count, 2)
    return torch.cat([low, low + draw.integers(1, size, count, 2)], 1).float()


def scores(draw, *shape, reach=64):
    """Multiples of 1/8, whose sums are exact."""
    return draw.integers(-reach, reach + 1, *shape) / 8


class SumsRestart(Check):
    """segmented_cumsum adds up from the start of each segment."""

    part = "segmented_cumsum"
    calls = SUMS
    tolerance = Tolerance(relative=1e-5, absolute=1e-3)  # digits are the matter of large-before-small

    def cases(self, draw: Draw):
        for length, p in ((17, 0.3), (64, 0.1), (101, 0.6), (1000, 0.01)):
            starts = draw.booleans(length, p=p)
            starts[0] = True
            yield case(f"T = {length}, about {p:.0%} starts", x=draw.normal(length, mean=0.5), starts=starts)

    def probe(self, solution, x, starts):
        return solution.segmented_cumsum(x, starts)


class FewEntriesFewStarts(Check):
    """T of 0, 1 and 2, no start anywhere, none at entry 0, a start at every entry."""

    part = "segmented_cumsum"
    calls = SUMS
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for length in (0, 1, 2):
            yield case(f"T = {length}", x=draw.normal(length), starts=draw.booleans(length))
        length = draw.integer(9, 40)
        none = torch.zeros(length, dtype=torch.bool)
        yield case("no start", x=draw.normal(length), starts=none)
        yield case("starts everywhere", x=draw.normal(length), starts=~none)
        yield case("the first start is at 3", x=draw.normal(length), starts=torch.arange(length) % 4 == 3)
        yield case("only the last entry starts", x=draw.normal(length), starts=torch.arange(length) == length - 1)

    def probe(self, solution, x, starts):
        return solution.segmented_cumsum(x, starts)


class LargeBeforeSmall(Check):
    """A segment of values near 1e8 (1e17 in float64) leaves the digits of later segments alone."""

    part = "segmented_cumsum"
    calls = SUMS
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for dtype, level in ((torch.float32, 1.0e8), (torch.float64, 1.0e17)):
            length, cut = 60, draw.integer(5, 40)
            x = draw.uniform(length, low=0.5, high=1.5, dtype=dtype)
            x[:cut] *= level
            yield case(f"{dtype}, {level:g} first", x=x, starts=(torch.arange(length) - cut) % 9 == 0)

    def probe(self, solution, x, starts):
        return solution.segmented_cumsum(x, starts)


class NothingLeaks(Check):
    """Infinity and NaN stay inside their segment."""

    part = "segmented_cumsum"
    calls = SUMS
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for value in (float("inf"), float("nan")):
            x = draw.normal(32)
            x[draw.integer(2, 6)] = value
            yield case(f"{value} in the first segment", x=x, starts=torch.arange(32) % 8 == 0)

    def probe(self, solution, x, starts):
        return solution.segmented_cumsum(x, starts)


class SumsPassGradients(Check):
    """The gradient of a running sum reaches every entry before it in its segment, and no other."""

    part = "segmented_cumsum"
    calls = f"{SUMS}, then backward"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(29, requires_grad=True), starts=draw.booleans(29, p=0.2))

    def probe(self, solution, x, starts):
        return gradients(solution.segmented_cumsum(x, starts), x=x)


class SuppressedBoxesSuppressNobody(Check):
    """In a chain of boxes that overlap their neighbours, every other one is kept."""

    part = "nms_keep"
    calls = NMS

    def cases(self, draw: Draw):
        for count in (3, 8):
            left = 2.0 * torch.arange(count)
            row = torch.stack([left, torch.zeros(count), left + 5.0, torch.ones(count)], 1)
            best = torch.arange(count, 0, -1) / 10.0
            yield case(f"a chain of {count}", boxes=row + draw.integer(-9, 9), scores=best, threshold=0.31)

    def probe(self, solution, boxes, scores, threshold):
        return solution.nms_keep(boxes, scores, threshold)


class KeepsTheBest(Check):
    """nms_keep returns the kept boxes by descending score."""

    part = "nms_keep"
    calls = NMS

    def cases(self, draw: Draw):
        for count in (8, 20, 45):
            ranks = draw.permutation(count).float() / count
            yield case(f"{count} boxes", boxes=boxes(draw, count), scores=ranks, threshold=draw.choice(THRESHOLDS))
        yield case(
            "boxes far apart",
            boxes=boxes(draw, 5, reach=2, size=3) + 20.0 * torch.arange(5.0)[:, None],
            scores=draw.normal(5),
            threshold=0.1,
        )
        for label, placed in (
            ("sides below 1", boxes(draw, 24) / 64.0),
            ("far from the origin", boxes(draw, 24) + 4001.0),
        ):
            yield case(label, boxes=placed, scores=draw.permutation(24).float(), threshold=draw.choice(THRESHOLDS))

    def probe(self, solution, boxes, scores, threshold):
        return solution.nms_keep(boxes, scores, threshold)


class EqualScores(Check):
    """Of boxes with the same score the one with the lower index comes first."""

    part = "nms_keep"
    calls = NMS

    def cases(self, draw: Draw):
        for count in (12, 40):
            tied = draw.integers(0, 3, count).float()
            yield case(
                f"{count} boxes, 3 scores", boxes=boxes(draw, count), scores=tied, threshold=draw.choice(THRESHOLDS)
            )
        yield case("all the same", boxes=boxes(draw, 1).repeat(30, 1), scores=torch.ones(30), threshold=0.5)

    def probe(self, solution, boxes, scores, threshold):
        return solution.nms_keep(boxes, scores, threshold)


class EdgesOfSuppression(Check):
    """An overlap of exactly threshold is allowed; boxes without area overlap nothing; N = 0 and N = 1 work."""

    part = "nms_keep"
    calls = NMS

    def cases(self, draw: Draw):
        half = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 2], [0, 0, 4, 1]])
        yield case("overlaps of 1/2 and 1/4", boxes=half, scores=torch.tensor([0.9, 0.8, 0.7]), threshold=0.5)
        yield case("threshold 1", boxes=half[[0, 0, 0]], scores=draw.normal(3), threshold=1.0)
        point = torch.tensor([[2.0, 2, 2, 2], [2, 2, 2, 2], [1, 1, 3, 3], [1, 2, 3, 2]])
        yield case("points, lines and a box, threshold 0", boxes=point, scores=draw.normal(4), threshold=0.0)
        for count in (0, 1):
            yield case(f"N = {count}", boxes=boxes(draw, count), scores=draw.normal(count), threshold=0.5)

    def probe(self, solution, boxes, scores, threshold):
        kept = solution.nms_keep(boxes, scores, threshold)
        return {"kept": kept, "dtype": str(kept.dtype)}


class RowsTimesDense(Check):
    """sparse_rows_matmul sums the rows of dense that a row's indices name, times their values."""

    part = "sparse_rows_matmul"
    calls = ROWS

    def cases(self, draw: Draw):
        for n, k, m, d in ((7, 3, 11, 5), (4, 4, 4, 4), (13, 1, 2, 3), (1, 6, 3, 1)):
            yield case(
                f"N = {n}, k = {k}, M = {m}, D = {d}",
                indices=draw.integers(0, m, n, k),
                values=draw.normal(n, k),
                dense=draw.normal(m, d),
            )

    def probe(self, solution, indices, values, dense):
        return solution.sparse_rows_matmul(indices, values, dense)


class NoEntry(Check):
    """An index of -1 adds nothing, whatever its value and whatever stands in rows that nobody refers to."""

    part = "sparse_rows_matmul"
    calls = ROWS

    def cases(self, draw: Draw):
        indices = draw.integers(1, 6, 9, 4)
        indices[draw.booleans(9, 4, p=0.4)] = -1
        indices[2] = -1
        indices[0, 1] = -1
        values, dense = draw.normal(9, 4), draw.normal(7, 3)
        yield case("some entries missing", indices=indices, values=values, dense=dense)
        yield case(
            "their values are NaN", indices=indices, values=values.masked_fill(indices < 0, float("nan")), dense=dense
        )
        hostile = dense.clone()
        hostile[0], hostile[-1] = float("nan"), float("inf")
        yield case("NaN in the first row of dense, inf in the last", indices=indices, values=values, dense=hostile)

    def probe(self, solution, indices, values, dense):
        return solution.sparse_rows_matmul(indices, values, dense)


class FewRowsFewEntries(Check):
    """N = 0, k = 0, only missing entries, and a column named twice in a row."""

    part = "sparse_rows_matmul"
    calls = ROWS

    def cases(self, draw: Draw):
        for n, k in ((0, 3), (4, 0), (0, 0)):
            yield case(
                f"N = {n}, k = {k}",
                indices=draw.integers(0, 5, n, k),
                values=draw.normal(n, k),
                dense=draw.normal(5, 2),
            )
        yield case("all missing", indices=torch.full((3, 2), -1), values=draw.normal(3, 2), dense=draw.normal(5, 2))
        twice = draw.integers(0, 5, 4, 1).repeat(1, 3)
        yield case("the same column three times", indices=twice, values=draw.normal(4, 3), dense=draw.normal(5, 2))

    def probe(self, solution, indices, values, dense):
        return solution.sparse_rows_matmul(indices, values, dense)


class RowsPassGradients(Check):
    """Gradients reach values and dense; missing entries get 0, also where their value is NaN."""

    part = "sparse_rows_matmul"
    calls = f"{ROWS}, then backward"

    def cases(self, draw: Draw):
        indices = draw.integers(0, 5, 6, 3)
        indices[1, 0] = indices[4] = -1
        values, dense = draw.normal(6, 3), draw.normal(5, 4)
        yield dict(indices=indices, values=values.clone().requires_grad_(), dense=dense.clone().requires_grad_())
        values[indices < 0] = float("nan")
        yield case(
            "missing values are NaN", indices=indices, values=values.requires_grad_(), dense=dense.requires_grad_()
        )

    def probe(self, solution, indices, values, dense):
        return gradients(solution.sparse_rows_matmul(indices, values, dense), values=values, dense=dense)


class BestPaths(Check):
    """viterbi finds the path with the largest sum of emissions and transitions."""

    part = "viterbi"
    calls = PATHS

    def cases(self, draw: Draw):
        for b, t, s in ((3, 7, 4), (1, 12, 5), (5, 4, 3), (2, 30, 6)):
            yield case(
                f"B = {b}, T = {t}, S = {s}",
                emissions=scores(draw, b, t, s, reach=2**17),
                transitions=scores(draw, s, s, reach=2**17),
            )

    def probe(self, solution, emissions, transitions):
        return solution.viterbi(emissions, transitions)


class ShortPaths(Check):
    """T = 0, T = 1, T = 2, a single state and B = 0 work; paths are int64."""

    part = "viterbi"
    calls = PATHS

    def cases(self, draw: Draw):
        for b, t, s in ((2, 0, 3), (3, 1, 4), (3, 2, 4), (2, 5, 1), (0, 4, 2)):
            yield case(
                f"B = {b}, T = {t}, S = {s}",
                emissions=scores(draw, b, t, s, reach=2**17),  # so many that no two paths are equally good
                transitions=scores(draw, s, s, reach=2**17),
            )

    def probe(self, solution, emissions, transitions):
        path = solution.viterbi(emissions, transitions)
        return {"path": path, "dtype": str(path.dtype)}


class TiesGoToTheLowerState(Check):
    """Of equally good paths the one with the lower last state wins, then the one with the lower state before it."""

    part = "viterbi"
    calls = PATHS

    def cases(self, draw: Draw):
        yield case("no path is better", emissions=torch.zeros(2, 6, 4), transitions=torch.zeros(4, 4))
        for _ in range(3):
            emissions, transitions = draw.integers(0, 2, 4, 9, 5).float(), draw.integers(0, 2, 5, 5).float()
            yield case("scores of 0 and 1", emissions=emissions, transitions=transitions)
        for _ in range(3):  # half precision has no eighths up here
            yield case("scores near 2000", emissions=scores(draw, 4, 9, 5) + 2000.0, transitions=scores(draw, 5, 5))

    def probe(self, solution, emissions, transitions):
        return solution.viterbi(emissions, transitions)


class ForbiddenTransitions(Check):
    """A transition of -inf is never taken while another path is left, however good the emissions behind it."""

    part = "viterbi"
    calls = PATHS

    def cases(self, draw: Draw):
        forward = torch.full((4, 4), float("-inf")).tril(-1) + scores(draw, 4, 4).triu()
        yield case("states never fall", emissions=scores(draw, 3, 8, 4), transitions=forward)
        emissions = scores(draw, 2, 6, 3)
        emissions[:, 3:, 2] = 2.0**18
        closed = scores(draw, 3, 3)
        closed[:2, 2] = float("-inf")
        emissions[:, 0, 2] = float("-inf")
        yield case("state 2 is worth 2**18 and cannot be reached", emissions=emissions, transitions=closed)

    def probe(self, solution, emissions, transitions):
        return solution.viterbi(emissions, transitions)

    def verify(self, case, got, want):
        taken = case["transitions"][got[:, :-1], got[:, 1:]]
        expect(
            bool((taken > float("-inf")).all()),
            f"{int((taken == float('-inf')).sum())} forbidden transitions are taken",
        )


class LongSums(Workload):
    """segmented_cumsum at T = 8192."""

    calls = f"{SUMS} at T = 8192"

    def cases(self, draw: Draw, length: int = 8192):
        yield dict(x=draw.normal(length), starts=draw.booleans(length, p=0.02))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, length=9))

    def probe(self, solution, x, starts):
        return solution.segmented_cumsum(x, starts)


class LongPaths(Workload):
    """viterbi at T = 50."""

    calls = f"{PATHS} at B = 8, T = 50, S = 16"

    def cases(self, draw: Draw, length: int = 50):
        yield dict(emissions=scores(draw, 8, length, 16), transitions=scores(draw, 16, 16))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, length=3))

    def probe(self, solution, emissions, transitions):
        return solution.viterbi(emissions, transitions)


class ManyRows(Workload):
    """sparse_rows_matmul of 4,000 rows with 32 entries each: the gathered rows take 62.5 MiB."""

    calls = f"{ROWS} at N = 4000, k = 32, M = 5000, D = 128"

    def cases(self, draw: Draw, n: int = 4000, m: int = 5000):
        indices = draw.integers(0, m, n, 32).masked_fill(draw.booleans(n, 32, p=0.2), -1)
        yield dict(indices=indices, values=draw.normal(n, 32), dense=draw.normal(m, 128))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, n=5, m=7))

    def probe(self, solution, indices, values, dense):
        with torch.no_grad():
            return solution.sparse_rows_matmul(indices, values, dense)[::7, ::3].clone()


class TheWholeTrial(Workload):
    """All four functions once."""

    calls = "all four functions"

    def cases(self, draw: Draw, size: int = 2000):
        yield dict(
            x=draw.normal(size),
            starts=draw.booleans(size, p=0.02),
            boxes=boxes(draw, size // 10, reach=60),
            ranks=draw.permutation(size // 10).float(),
            indices=draw.integers(0, size, size, 8),
            values=draw.normal(size, 8),
            dense=draw.normal(size, 16),
            emissions=scores(draw, 4, 12, 5),
            transitions=scores(draw, 5, 5),
        )

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, size=20))

    def probe(self, solution, x, starts, boxes, ranks, indices, values, dense, emissions, transitions):
        with torch.no_grad():
            return (
                solution.segmented_cumsum(x, starts),
                solution.nms_keep(boxes, ranks, 0.44721),
                solution.sparse_rows_matmul(indices, values, dense),
                solution.viterbi(emissions, transitions),
            )
