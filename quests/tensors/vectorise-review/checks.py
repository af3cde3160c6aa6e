"""Hidden checks of tensors/vectorise-review. The starter passes all but the last of them; the gates are what it fails."""

import torch

from leveling.checks import Check, Draw, Workload, case, gradients

CONFUSION, IOU = "confusion_matrix(pred, target, n)", "intersection_over_union(a, b)"
RUNS, SAMPLE = "run_length_encode(x)", "bilinear_sample(image, points)"


def boxes(draw, count, size=10.0):
    """(count, 4) boxes that often overlap."""
    low = draw.uniform(count, 2, low=0.0, high=size)
    return torch.cat([low, low + draw.uniform(count, 2, low=0.2 * size, high=0.8 * size)], 1)


def runs(draw, count, longest=5):
    """(T,) int64 with `count` runs or fewer."""
    values, lengths = draw.integers(0, 4, count), draw.integers(1, longest + 1, count)
    return values.repeat_interleave(lengths)


def places(draw, count, height, width):
    """(count, 2) points inside the image, none on a line between pixels."""
    whole = torch.stack([draw.integers(0, height - 1, count), draw.integers(0, width - 1, count)], 1)
    return whole + draw.uniform(count, 2, low=0.1, high=0.9)


class CountsEveryPair(Check):
    """confusion_matrix counts at [target, pred] and keeps classes that never occur as zeros."""

    part = "confusion_matrix"
    calls = CONFUSION

    def cases(self, draw: Draw):
        yield case("60 pairs, 4 classes", pred=draw.integers(0, 4, 60), target=draw.integers(0, 3, 60), n=4)
        yield case(
            "classes 0, 2 and the last ones absent", pred=draw.integers(3, 5, 9), target=draw.integers(1, 2, 9), n=7
        )
        yield case("one class", pred=torch.zeros(5, dtype=torch.int64), target=torch.zeros(5, dtype=torch.int64), n=1)

    def probe(self, solution, pred, target, n):
        return solution.confusion_matrix(pred, target, n)


class PairsOfAnyShape(Check):
    """pred and target may have any shape: tables, single labels, none at all."""

    part = "confusion_matrix"
    calls = CONFUSION

    def cases(self, draw: Draw):
        for shape in ((3, 5, 2), (), (0,), (4, 0)):
            yield case(f"shape {shape}", pred=draw.integers(0, 5, *shape), target=draw.integers(0, 5, *shape), n=5)
        yield case("transposed", pred=draw.integers(0, 3, 4, 6).T, target=draw.integers(0, 3, 6, 4), n=3)

    def probe(self, solution, pred, target, n):
        return solution.confusion_matrix(pred, target, n)


class SmallIntegers(Check):
    """Labels may be uint8, int8 or int32 (masks on disk are): n * n need not fit into their dtype."""

    part = "confusion_matrix"
    calls = CONFUSION

    def cases(self, draw: Draw):
        for dtype, n in ((torch.uint8, 21), (torch.int8, 13), (torch.int32, 5)):
            pred, target = draw.integers(0, n, 70, dtype=dtype), draw.integers(0, n, 70, dtype=dtype)
            target[:3] = n - 1
            yield case(f"{dtype}, n = {n}", pred=pred, target=target, n=n)

    def probe(self, solution, pred, target, n):
        return solution.confusion_matrix(pred, target, n)


class OverlapsOfBoxes(Check):
    """intersection_over_union is the common area over the covered area, for every pair."""

    part = "intersection_over_union"
    calls = IOU

    def cases(self, draw: Draw):
        for n, m in ((5, 7), (1, 3), (4, 1), (4, 4)):
            yield case(f"N = {n}, M = {m}", a=boxes(draw, n), b=boxes(draw, m))
        yield case("apart in both directions", a=boxes(draw, 2), b=boxes(draw, 3) + 40.0)
        yield case("one box inside the other", a=torch.tensor([[0.0, 0, 8, 4]]), b=torch.tensor([[1.0, 1, 3, 2]]))

    def probe(self, solution, a, b):
        return solution.intersection_over_union(a, b)


class ApartAndTouching(Check):
    """Boxes that touch or lie apart in one or in both directions give 0; identical ones give 1."""

    part = "intersection_over_union"
    calls = IOU

    def cases(self, draw: Draw):
        a = torch.tensor([[2.0, 3, 5, 7]])
        b = torch.tensor([[5.0, 3, 9, 7], [2, 7, 5, 8], [8, 9, 9, 11], [-4, -5, 0, 1], [2, 30, 5, 31], [2, 3, 5, 7]])
        shift = draw.integers(-9, 10, 1, 2).repeat(1, 2).float()
        yield case("touching, apart, identical", a=a + shift, b=b + shift)

    def probe(self, solution, a, b):
        return solution.intersection_over_union(a, b)


class SmallAndEmptyBoxes(Check):
    """Boxes without area give 0, with each other too; boxes of side 1e-4 are measured as well as large ones."""

    part = "intersection_over_union"
    calls = IOU

    def cases(self, draw: Draw):
        point = draw.uniform(1, 2).repeat(1, 2)
        line = torch.tensor([[1.0, 2.0, 1.0, 5.0]])
        flat = torch.cat([point, line, torch.zeros(1, 4)])
        yield case("points and lines against themselves", a=flat, b=flat)
        yield case("points and lines against boxes", a=boxes(draw, 4), b=flat)
        small = boxes(draw, 4, 1e-4)
        yield case("side 1e-4", a=small, b=torch.cat([boxes(draw, 3, 1e-4), small[1:3]]))
        yield case("no boxes, N = 0", a=draw.normal(0, 4), b=boxes(draw, 2))
        yield case("no boxes, M = 0", a=boxes(draw, 3), b=draw.normal(0, 4))

    def probe(self, solution, a, b):
        return solution.intersection_over_union(a, b)


class BoxesPassGradients(Check):
    """Gradients reach the boxes of both sides; pairs without area bring no NaN."""

    part = "intersection_over_union"
    calls = f"{IOU}, then backward"

    def cases(self, draw: Draw):
        yield dict(a=boxes(draw, 3).requires_grad_(), b=boxes(draw, 4).requires_grad_())
        first, second = boxes(draw, 3), boxes(draw, 2)
        first[1] = torch.tensor([40.0, 41.0, 40.0, 41.0])
        second[0] = torch.tensor([50.0, 50.0, 50.0, 53.0])
        yield case("an empty box on each side", a=first.requires_grad_(), b=second.requires_grad_())

    def probe(self, solution, a, b):
        return gradients(solution.intersection_over_union(a, b), a=a, b=b)


class RunsOfEqualNeighbours(Check):
    """run_length_encode lists the runs in order: equal values that are no neighbours are different runs."""

    part = "run_length_encode"
    calls = RUNS

    def cases(self, draw: Draw):
        for count in (6, 15):
            yield case(f"about {count} runs", x=runs(draw, count))
        yield case("1 1 0 0 0 1", x=torch.tensor([1, 1, 0, 0, 0, 1]))
        yield case("no two alike", x=draw.permutation(7))
        yield case("float32", x=draw.normal(4).repeat_interleave(torch.tensor([1, 3, 2, 4])))

    def probe(self, solution, x):
        values, lengths = solution.run_length_encode(x)
        return {"values": values, "lengths": lengths}


class ShortAndConstant(Check):
    """No entries give no runs, one entry one run of 1, a constant tensor one run; dtypes stay, lengths are int64."""

    part = "run_length_encode"
    calls = RUNS

    def cases(self, draw: Draw):
        yield case("T = 1", x=draw.normal(1))
        yield case("constant", x=torch.full((9,), draw.integer(1, 9)))
        yield case("bool", x=draw.booleans(12))
        yield case("T = 0", x=draw.normal(0))
        yield case("T = 0, int64", x=draw.integers(0, 3, 0))
        yield case("uint8, falling values", x=torch.tensor([7, 7, 3, 3, 3, 250], dtype=torch.uint8))

    def probe(self, solution, x):
        values, lengths = solution.run_length_encode(x)
        return {"values": values, "lengths": lengths, "dtypes": [str(values.dtype), str(lengths.dtype)]}


class PointsBetweenPixels(Check):
    """bilinear_sample mixes the four pixels around (y, x) by nearness."""

    part = "bilinear_sample"
    calls = SAMPLE

    def cases(self, draw: Draw):
        for shape, count in (((3, 5, 8), 17), ((1, 2, 2), 5), ((2, 7, 3), 1)):
            points = places(draw, count, *shape[1:])
            yield case(f"image {shape}", image=draw.normal(*shape), points=points)
        yield case("no points", image=draw.normal(2, 3, 4), points=draw.normal(0, 2))

    def probe(self, solution, image, points):
        return solution.bilinear_sample(image, points)


class PointsOnPixels(Check):
    """At whole coordinates the pixel itself comes back, in the last row and column as well."""

    part = "bilinear_sample"
    calls = SAMPLE

    def cases(self, draw: Draw):
        grid = torch.cartesian_prod(torch.arange(4.0), torch.arange(6.0))
        yield case("every pixel of (2, 4, 6)", image=draw.normal(2, 4, 6), points=grid)
        yield case("one pixel", image=draw.normal(3, 1, 1), points=torch.zeros(1, 2))
        yield case("one row", image=draw.normal(2, 1, 5), points=torch.tensor([[0.0, 4.0], [0.0, 1.5], [0.0, 0.0]]))

    def probe(self, solution, image, points):
        return solution.bilinear_sample(image, points)


class PointsOutside(Check):
    """Points beyond the border get the value of the nearest point on it."""

    part = "bilinear_sample"
    calls = SAMPLE

    def cases(self, draw: Draw):
        points = torch.tensor(
            [[-3.0, 1.5], [2.5, -0.4], [9.0, 2.25], [1.5, 40.0], [-1.0, -1.0], [3.01, 5.2], [-7.0, 99.0]]
        )
        yield dict(image=draw.normal(2, 4, 6), points=points)

    def probe(self, solution, image, points):
        return solution.bilinear_sample(image, points)


class SamplesPassGradients(Check):
    """Gradients reach the pixels and the coordinates of the points; a point outside feels no pull along that axis."""

    part = "bilinear_sample"
    calls = f"{SAMPLE}, then backward"

    def cases(self, draw: Draw):
        image = draw.normal(3, 5, 7, requires_grad=True)
        yield case("inside", image=image, points=places(draw, 6, 5, 7).requires_grad_())
        points = torch.tensor([[-2.0, 1.3], [1.6, 9.0], [2.7, 3.1], [2.7, 3.1]], requires_grad=True)
        yield case("two outside, two the same", image=draw.normal(2, 4, 6, requires_grad=True), points=points)

    def probe(self, solution, image, points):
        return gradients(solution.bilinear_sample(image, points), image=image, points=points)


class ManyPairs(Workload):
    """confusion_matrix of 2,000 labels."""

    seconds = 6.0
    calls = f"{CONFUSION} at N = 2000"

    def cases(self, draw: Draw):
        yield dict(pred=draw.integers(0, 9, 2000), target=draw.integers(0, 9, 2000), n=9)

    def probe(self, solution, pred, target, n):
        return solution.confusion_matrix(pred, target, n)


class ManyBoxes(Workload):
    """intersection_over_union of 2,000 boxes with 8."""

    seconds = 6.0
    calls = f"{IOU} at N = 2000, M = 8"

    def cases(self, draw: Draw):
        yield dict(a=boxes(draw, 2000), b=boxes(draw, 8))

    def probe(self, solution, a, b):
        return solution.intersection_over_union(a, b)


class ManyRuns(Workload):
    """run_length_encode of about 2,000 entries."""

    seconds = 6.0
    calls = f"{RUNS} at T = 2000"

    def cases(self, draw: Draw):
        yield dict(x=runs(draw, 700))

    def probe(self, solution, x):
        return solution.run_length_encode(x)


class ManyPoints(Workload):
    """bilinear_sample at 2,000 points."""

    seconds = 6.0
    calls = f"{SAMPLE} at P = 2000"

    def cases(self, draw: Draw):
        yield dict(image=draw.normal(3, 20, 30), points=places(draw, 2000, 20, 30))

    def probe(self, solution, image, points):
        return solution.bilinear_sample(image, points)


class AnEvaluation(Workload):
    """All four functions once, at sizes that the loops survive."""

    calls = "all four functions, at 400 labels, 30 x 30 boxes, 400 entries and 100 points,"

    def cases(self, draw: Draw, size: int = 100):
        yield dict(
            pred=draw.integers(0, 9, 4 * size),
            target=draw.integers(0, 9, 4 * size),
            a=boxes(draw, size // 3),
            b=boxes(draw, size // 3),
            x=draw.integers(0, 3, 4 * size),
            image=draw.normal(3, 20, 30),
            points=places(draw, size, 20, 30),
        )

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, size=4))

    def probe(self, solution, pred, target, a, b, x, image, points):
        return (
            solution.confusion_matrix(pred, target, 9),
            solution.intersection_over_union(a, b),
            solution.run_length_encode(x),
            solution.bilinear_sample(image, points),
        )
