"""Hidden checks of tensors/indexing-drills."""

import torch

from leveling.checks import Check, Draw, Workload, case, gradients, shares_memory

NAN, INF = float("nan"), float("inf")


def matrices(draw: Draw, least_rows: int = 0):
    """Matrices of the sizes and layouts at which a drill must work."""
    yield case("", x=draw.normal(4, 7))
    yield case("transposed, not contiguous", x=draw.normal(5, 3).t())
    yield case("one row", x=draw.normal(1, 5))
    yield case("one column", x=draw.normal(3, 1))
    yield case("integers", x=draw.integers(-9, 9, 3, 4))
    if not least_rows:
        yield case("R = 0", x=draw.normal(0, 3))


class LastRow(Check):
    """last_row is the last row, of shape (C,)."""

    part = "last_row"
    calls = "last_row(x)"

    def cases(self, draw: Draw):
        yield from matrices(draw, least_rows=1)

    def probe(self, solution, x):
        return solution.last_row(x)


class EveryOtherColumn(Check):
    """every_other_column keeps columns 0, 2, 4, ..., for even and odd C."""

    part = "every_other_column"
    calls = "every_other_column(x)"

    def cases(self, draw: Draw):
        yield from matrices(draw)
        yield case("C = 8", x=draw.normal(3, 8))

    def probe(self, solution, x):
        return solution.every_other_column(x)


class ReverseTime(Check):
    """reverse_time turns dim 1 round and leaves every other dimension alone, for any rank from 2."""

    part = "reverse_time"
    calls = "reverse_time(x)"

    def cases(self, draw: Draw):
        for label, shape in (
            ("B = T = D", (3, 3, 3)),
            ("rank 2", (2, 5)),
            ("rank 4", (2, 4, 3, 5)),
            ("T = 1", (3, 1, 2)),
            ("T = 0", (2, 0, 3)),
        ):
            yield case(label, x=draw.normal(*shape))
        yield case("time and features transposed, not contiguous", x=draw.normal(2, 3, 4).transpose(1, 2))

    def probe(self, solution, x):
        return solution.reverse_time(x)


class PickPerRow(Check):
    """pick_per_row is x[n, index[n]], of shape (N,), also for N = C, N = 1 and N = 0."""

    part = "pick_per_row"
    calls = "pick_per_row(x, index)"

    def cases(self, draw: Draw):
        for label, n, c in (("N = C", 4, 4), ("", 6, 3), ("N = 1", 1, 5), ("one column", 3, 1), ("N = 0", 0, 4)):
            yield case(label, x=draw.normal(n, c), index=draw.integers(0, c, n))
        yield case("transposed, not contiguous", x=draw.normal(3, 5).t(), index=draw.integers(0, 3, 5))

    def probe(self, solution, x, index):
        return solution.pick_per_row(x, index)


class PickGradients(Check):
    """The gradient through pick_per_row reaches the picked entries and no other."""

    part = "pick_per_row"
    calls = "pick_per_row(x, index), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 3, requires_grad=True), index=draw.integers(0, 3, 5))

    def probe(self, solution, x, index):
        return gradients(solution.pick_per_row(x, index), x=x)


class RowsWhere(Check):
    """rows_where keeps the rows at which keep is True, in their order, whatever the rank."""

    part = "rows_where"
    calls = "rows_where(x, keep)"

    def cases(self, draw: Draw):
        for label, shape in (("rank 2", (5, 3)), ("rank 1", (6,)), ("rank 3", (5, 2, 3)), ("N = C", (4, 4))):
            keep = torch.arange(shape[0]) % 2 == draw.integer(0, 1)
            yield case(label, x=draw.normal(*shape), keep=keep[draw.permutation(shape[0])])
        yield case("transposed, not contiguous", x=draw.normal(3, 5).t(), keep=torch.arange(5) % 2 == 0)

    def probe(self, solution, x, keep):
        return solution.rows_where(x, keep)


class NoneOneOrAllRows(Check):
    """rows_where keeps the trailing shape where no row is kept, (0, ...), and where one is, (1, ...)."""

    part = "rows_where"
    calls = "rows_where(x, keep)"

    def cases(self, draw: Draw):
        place = draw.integer(0, 4)
        yield case("all False", x=draw.normal(5, 2, 3), keep=torch.zeros(5, dtype=torch.bool))
        yield case("one True", x=draw.normal(5, 2, 3), keep=torch.arange(5) == place)
        yield case("all True", x=draw.normal(5, 3), keep=torch.ones(5, dtype=torch.bool))
        yield case("N = 0", x=draw.normal(0, 3), keep=torch.zeros(0, dtype=torch.bool))

    def probe(self, solution, x, keep):
        return solution.rows_where(x, keep)


class ReplaceNegatives(Check):
    """replace_negatives writes value where x is below 0 and keeps every other entry, dtype included."""

    part = "replace_negatives"
    calls = "replace_negatives(x, value)"

    def cases(self, draw: Draw):
        for label, shape in (("", (3, 5)), ("rank 1", (7,)), ("0-d", ()), ("no elements", (0, 3))):
            yield case(label, x=draw.normal(*shape, mean=-0.3), value=draw.number(0.1, 0.9))
        yield case("a negative value", x=draw.normal(3, 4), value=-draw.number(0.5, 1.5))
        yield case("zeros are not negative", x=torch.tensor([0.0, -1.0, 2.0, 0.0]), value=5.0)
        yield case("float16", x=draw.normal(3, 4, dtype=torch.float16), value=0.5)
        yield case("transposed, not contiguous", x=draw.normal(3, 4).t(), value=7.0)

    def probe(self, solution, x, value):
        return solution.replace_negatives(x, value)


class ReplacesInfinityKeepsNan(Check):
    """replace_negatives replaces -inf like any negative number, and keeps NaN and inf."""

    part = "replace_negatives"
    calls = "replace_negatives(x, value)"

    def cases(self, draw: Draw):
        special = torch.tensor([NAN, -INF, INF, -2.0, 3.0])
        yield dict(x=special[draw.permutation(5)], value=0.0)
        yield dict(x=special[draw.permutation(5)], value=draw.number(1.0, 4.0))
        yield case("the value is -inf", x=special[draw.permutation(5)], value=-INF)

    def probe(self, solution, x, value):
        return solution.replace_negatives(x, value)


class ReplacedInFreshStorage(Check):
    """replace_negatives returns a tensor of its own, also where nothing is negative; gradients reach the kept entries."""

    part = "replace_negatives"
    calls = "replace_negatives(x, value)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 4, requires_grad=True), value=0.25)
        yield case("nothing to replace", x=draw.uniform(3, 4, low=0.1, requires_grad=True), value=1.0)

    def probe(self, solution, x, value):
        out = solution.replace_negatives(x, value)
        return {"shares memory with x": shares_memory(out, x), **gradients(out, x=x)}


class WithoutBorder(Check):
    """without_border keeps the inside of the image and sets the outermost ring to 0."""

    part = "without_border"
    calls = "without_border(image)"

    def cases(self, draw: Draw):
        for label, h, w in (("square", 5, 5), ("", 4, 7), ("one pixel inside", 3, 3), ("one row inside", 3, 6)):
            yield case(label, image=draw.normal(h, w, mean=3.0))
        yield case("integers", image=draw.integers(1, 255, 4, 5))
        yield case("transposed, not contiguous", image=draw.normal(4, 6, mean=3.0).t())

    def probe(self, solution, image):
        return solution.without_border(image)


class NothingButBorder(Check):
    """without_border of a 1 x W, H x 1 or 2 x 2 image is all zeros, of the same shape."""

    part = "without_border"
    calls = "without_border(image)"

    def cases(self, draw: Draw):
        for h, w in ((1, 5), (4, 1), (2, 2), (1, 1), (2, 5), (5, 2), (1, 2)):
            yield case(f"{h} x {w}", image=draw.normal(h, w, mean=3.0))

    def probe(self, solution, image):
        return solution.without_border(image)


class NanOnTheBorder(Check):
    """without_border erases NaN and infinity on the ring and keeps them inside."""

    part = "without_border"
    calls = "without_border(image)"

    def cases(self, draw: Draw):
        for value in (NAN, INF):
            image = draw.normal(4, 5)
            image[0, 2] = image[3, 4] = value
            yield case(f"{value} on the ring", image=image)
            inside = draw.normal(4, 5)
            inside[1, 2] = value
            yield case(f"{value} inside", image=inside)

    def probe(self, solution, image):
        return solution.without_border(image)


class BorderInFreshStorage(Check):
    """without_border returns a tensor of its own, and gradients reach the inside alone."""

    part = "without_border"
    calls = "without_border(image)"

    def cases(self, draw: Draw):
        yield dict(image=draw.normal(4, 5, requires_grad=True))

    def probe(self, solution, image):
        out = solution.without_border(image)
        return {"shares memory with image": shares_memory(out, image), **gradients(out, image=image)}


class BatchedDiagonal(Check):
    """batched_diagonal holds x[b, n, n] at [b, n], also for B = N, B = 1 and N = 1."""

    part = "batched_diagonal"
    calls = "batched_diagonal(x)"

    def cases(self, draw: Draw):
        for label, b, n in (
            ("B = N", 4, 4),
            ("", 2, 5),
            ("B = 1", 1, 3),
            ("N = 1", 4, 1),
            ("B = 0", 0, 3),
            ("N = 0", 2, 0),
        ):
            yield case(label, x=draw.normal(b, n, n))
        yield case("permuted, not contiguous", x=draw.normal(3, 3, 2).permute(2, 0, 1))

    def probe(self, solution, x):
        return solution.batched_diagonal(x)


class SwapColumns(Check):
    """swap_columns really exchanges both columns and keeps the others."""

    part = "swap_columns"
    calls = "swap_columns(x, i, j)"

    def cases(self, draw: Draw):
        for label, rows, columns in (("", 3, 6), ("square", 4, 4), ("one row", 1, 5), ("R = 0", 0, 3)):
            i, j = draw.distinct(0, columns - 1, 2)
            yield case(label, x=draw.normal(rows, columns), i=i, j=j)
        yield case("transposed, not contiguous", x=draw.normal(4, 3).t(), i=1, j=3)
        yield case("integers", x=draw.integers(-9, 9, 3, 4), i=0, j=2)

    def probe(self, solution, x, i, j):
        return solution.swap_columns(x, i, j)


class SwapAtTheEnds(Check):
    """swap_columns takes i = j and negative indices, -1 being the last column."""

    part = "swap_columns"
    calls = "swap_columns(x, i, j)"

    def cases(self, draw: Draw):
        x = draw.normal(3, 5)
        for label, i, j in (
            ("j = -1", 1, -1),
            ("i = -1", -1, 0),
            ("both negative", -2, -5),
            ("i = j", 2, 2),
            ("the same column by two names", 4, -1),
        ):
            yield case(label, x=x, i=i, j=j)

    def probe(self, solution, x, i, j):
        return solution.swap_columns(x, i, j)


class SwapInFreshStorage(Check):
    """swap_columns returns a tensor of its own, also for i = j; gradients go back to where entries came from."""

    part = "swap_columns"
    calls = "swap_columns(x, i, j)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 4, requires_grad=True), i=0, j=2)
        yield case("i = j", x=draw.normal(3, 4, requires_grad=True), i=1, j=1)

    def probe(self, solution, x, i, j):
        out = solution.swap_columns(x, i, j)
        shared = {"shares memory with x": shares_memory(out, x)}
        # writing one column twice is right in value; what autograd makes of it is no part of the task
        return shared if i == j else shared | gradients(out, x=x)


class CenterCrop(Check):
    """center_crop cuts the middle out of every channel, also for H != W and for one channel."""

    part = "center_crop"
    calls = "center_crop(image, size)"

    def cases(self, draw: Draw):
        for label, shape, size in (
            ("square", (3, 6, 6), 4),
            ("wide", (3, 6, 10), 4),
            ("high", (2, 9, 5), 3),
            ("one channel, one pixel", (1, 5, 7), 1),
            ("size = 0", (2, 4, 6), 0),
        ):
            yield case(label, image=draw.normal(*shape), size=size)
        yield case("channels last, not contiguous", image=draw.normal(6, 8, 3).permute(2, 0, 1), size=4)

    def probe(self, solution, image, size):
        return solution.center_crop(image, size)


class CropOfTheWholeImage(Check):
    """center_crop with size = H, W or both keeps that side whole."""

    part = "center_crop"
    calls = "center_crop(image, size)"

    def cases(self, draw: Draw):
        for label, shape, size in (
            ("size = H = W", (3, 4, 4), 4),
            ("size = H", (2, 4, 8), 4),
            ("size = W", (2, 9, 5), 5),
        ):
            yield case(label, image=draw.normal(*shape), size=size)

    def probe(self, solution, image, size):
        return solution.center_crop(image, size)


class OddDifferences(Check):
    """center_crop rounds an odd difference down: the extra row lies below and the extra column to the right."""

    part = "center_crop"
    calls = "center_crop(image, size)"

    def cases(self, draw: Draw):
        for shape, size in (((2, 5, 5), 4), ((2, 5, 5), 2), ((1, 4, 8), 3), ((2, 7, 6), 3), ((1, 9, 6), 4)):
            yield case(f"{shape[1]} x {shape[2]}, size {size}", image=draw.normal(*shape), size=size)

    def probe(self, solution, image, size):
        return solution.center_crop(image, size)


class AtSize(Workload):
    """Each function at sizes at which a loop shows."""

    calls = "each function on tensors with about 50 rows and columns"

    def cases(self, draw: Draw):
        x = draw.normal(48, 40)
        for name, arguments in (
            ("last_row", [x]),
            ("every_other_column", [x]),
            ("reverse_time", [x]),
            ("pick_per_row", [x, draw.integers(0, 40, 48)]),
            ("rows_where", [x, draw.booleans(48)]),
            ("replace_negatives", [x, 0.5]),
            ("without_border", [x]),
            ("batched_diagonal", [draw.normal(40, 48, 48)]),
            ("swap_columns", [x, 3, -2]),
            ("center_crop", [draw.normal(40, 60, 70), 32]),
        ):
            yield case(name, name=name, arguments=arguments)

    def probe(self, solution, name, arguments):
        return getattr(solution, name)(*arguments)
