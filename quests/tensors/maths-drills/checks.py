"""Hidden checks of tensors/maths-drills."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients

INF = float("inf")
DOUBLE = torch.float64


def tables(draw: Draw, **options):
    """Tensors (..., C) of the ranks, dtypes and layouts at which a reduction over the last dimension must work."""
    yield case("square", x=draw.normal(4, 4, **options))
    yield case("", x=draw.normal(3, 5, **options))
    yield case("rank 1", x=draw.normal(6, **options))
    yield case("rank 3", x=draw.normal(2, 3, 4, **options))
    yield case("C = 1", x=draw.normal(3, 1, **options))
    yield case("no rows", x=draw.normal(0, 4, **options))
    yield case("float64", x=draw.normal(3, 5, dtype=DOUBLE, **options))
    yield case("transposed, not contiguous", x=draw.normal(5, 3, **options).t())


class SoftmaxRows(Check):
    """softmax_rows is exp(x) over its sum along the last dimension."""

    part = "softmax_rows"
    calls = "softmax_rows(x)"

    def cases(self, draw: Draw):
        yield from tables(draw, std=2.0)

    def probe(self, solution, x):
        return solution.softmax_rows(x)


class SoftmaxOfLargeNumbers(Check):
    """softmax_rows of [1000, 1000, -1000] is [0.5, 0.5, 0], whatever stands in the other rows."""

    part = "softmax_rows"
    calls = "softmax_rows(x)"
    # x - logsumexp(x) is right too: near 1000 the logarithm is rounded to a multiple of 2**-14, and so is the exponent
    tolerance = Tolerance(relative=2e-4, absolute=1e-6)

    def cases(self, draw: Draw):
        yield dict(x=torch.tensor([[1000.0, 1000.0, -1000.0]]))
        # steps of 1/8 are exact in float32 at these sizes, so that the answer does not hang on rounding the input
        near = draw.integers(-24, 25, 3, 4) / 8
        yield case("rows near 1000, 0 and -1000", x=near + torch.tensor([[1000.0], [0.0], [-1000.0]]))

    def probe(self, solution, x):
        return solution.softmax_rows(x)


class SoftmaxOfMinusInfinity(Check):
    """softmax_rows gives exactly 0 where x is -inf and shares out 1 among the rest."""

    part = "softmax_rows"
    calls = "softmax_rows(x)"

    def cases(self, draw: Draw):
        x = draw.normal(3, 5)
        x[0, 2] = x[1, :4] = x[2, 0] = -INF
        yield dict(x=x)

    def probe(self, solution, x):
        return solution.softmax_rows(x)


class SoftmaxGradients(Check):
    """The gradient through softmax_rows matches."""

    part = "softmax_rows"
    calls = "softmax_rows(x), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.softmax_rows(x), x=x)


class Standardise(Check):
    """standardise gives every column mean 0 and population variance 1, at N = 2 too."""

    part = "standardise"
    calls = "standardise(x)"

    def cases(self, draw: Draw):
        yield case(
            "N = 2, where the two kinds of variance differ by a factor of 2", x=torch.tensor([[1.0, 5.0], [3.0, 4.0]])
        )
        for label, n, d in (("N = D", 4, 4), ("", 7, 3), ("D = 1", 5, 1)):
            yield case(label, x=draw.normal(n, d, mean=2.0, std=3.0))
        yield case("float64", x=draw.normal(6, 3, mean=-1.0, dtype=DOUBLE))
        yield case("transposed, not contiguous", x=draw.normal(3, 6).t())

    def probe(self, solution, x):
        return solution.standardise(x)


class ConstantColumns(Check):
    """standardise turns constant columns into exact zeros, whatever the constant is, and takes N = 1."""

    part = "standardise"
    calls = "standardise(x)"

    def cases(self, draw: Draw):
        yield case("a column of zeros", x=torch.tensor([[0.0, 1.0], [0.0, 2.0], [0.0, 4.0]]))
        x = draw.normal(7, 12)
        # among ten constants some have a float32 mean that is off by a rounding error
        x[:, :10] = draw.uniform(10, low=0.1, high=9.0)
        yield case("columns that hold one number seven times", x=x)
        x = draw.normal(11, 6, mean=1.0)
        x[:, 2:] = draw.uniform(4, low=1e5, high=1e6)
        yield case("large constants", x=x)
        yield case("N = 1", x=draw.normal(1, 4))

    def probe(self, solution, x):
        return solution.standardise(x)


class StandardiseFarFromZero(Check):
    """standardise keeps its digits where the mean is ten thousand deviations away from 0."""

    part = "standardise"
    calls = "standardise(x)"
    # a float32 mean near 1e4 is a multiple of 2**-10 and may be one or two of them off; that much is nobody's fault
    tolerance = Tolerance(absolute=5e-3)

    def cases(self, draw: Draw):
        for mean in (1e4, -1e4):
            # steps of 1/64 are exact in float32 here
            yield case(f"columns near {mean:g}", x=mean + draw.integers(-128, 129, 40, 3) / 64)

    def probe(self, solution, x):
        return solution.standardise(x)


class StandardiseGradients(Check):
    """The gradient through standardise matches, and stays finite where a column is constant."""

    part = "standardise"
    calls = "standardise(x), then backward"
    compare = False

    def cases(self, draw: Draw):
        x = draw.normal(6, 3)
        x[:, 1] = 0.5
        yield case("column 1 is constant", x=x.requires_grad_())

    def probe(self, solution, x):
        return gradients(solution.standardise(x), x=x)["gradient of x"]

    def verify(self, case, got, want):
        expect(got is not None, "no gradient reaches x")
        column = got[:, 1]  # there the function has no slope: any finite number will do
        expect(
            column.isfinite().all(),
            f"the gradient of the constant column is {column.tolist()}, expected finite numbers",
        )
        rest = torch.tensor([0, 2])
        error = float((got[:, rest] - want[:, rest]).abs().max())
        expect(error < 1e-4, f"the gradient of the other columns is off by up to {error:.3g}")


class Cosine(Check):
    """cosine is the dot product over the product of the lengths, for broadcastable shapes."""

    part = "cosine"
    calls = "cosine(a, b)"

    def cases(self, draw: Draw):
        for first, second in (
            ((4, 4), (4, 4)),
            ((3, 5), (3, 5)),
            ((5,), (5,)),
            ((3, 5), (5,)),
            ((3, 1, 4), (6, 4)),
            ((0, 3), (0, 3)),
        ):
            yield case(f"{first} with {second}", a=draw.normal(*first, std=3.0), b=draw.normal(*second, std=3.0))
        yield case("D = 1", a=draw.uniform(3, 1, low=1.0, high=4.0), b=draw.uniform(3, 1, low=-4.0, high=-1.0))
        yield case("transposed, not contiguous", a=draw.normal(5, 3).t(), b=draw.normal(5, 3).t())

    def probe(self, solution, a, b):
        return solution.cosine(a, b)


class CosineOfShortVectors(Check):
    """cosine is the same for vectors as short as 1e-8, and exactly 0 where either is zero."""

    part = "cosine"
    calls = "cosine(a, b)"

    def cases(self, draw: Draw):
        yield case("lengths near 1e-8", a=draw.normal(3, 4, std=1e-8), b=draw.normal(3, 4, std=1e-8))
        a, b = draw.normal(4, 3), draw.normal(4, 3)
        a[0] = b[2] = a[3] = b[3] = 0
        yield case("zero vectors", a=a, b=b)
        yield case("float64", a=draw.normal(3, 5, dtype=DOUBLE), b=draw.normal(3, 5, dtype=DOUBLE))

    def probe(self, solution, a, b):
        return solution.cosine(a, b)


class CosineGradients(Check):
    """The gradients through cosine match, and stay finite where a vector is zero."""

    part = "cosine"
    calls = "cosine(a, b), then backward"
    compare = False

    def cases(self, draw: Draw):
        a, b = draw.normal(4, 3), draw.normal(4, 3)
        a[1] = 0
        yield case("a[1] is zero", a=a.requires_grad_(), b=b.requires_grad_())

    def probe(self, solution, a, b):
        return gradients(solution.cosine(a, b), a=a, b=b)

    def verify(self, case, got, want):
        rest = torch.tensor([0, 2, 3])
        for name, expected in want.items():
            found = got[name]
            expect(found is not None, f"there is no {name}")
            expect(
                found[1].isfinite().all(),
                f"the {name} at the zero vector is {found[1].tolist()}, expected finite numbers",
            )
            error = float((found[rest] - expected[rest]).abs().max())
            expect(error < 1e-4, f"the {name} at the other vectors is off by up to {error:.3g}")


class Frobenius(Check):
    """frobenius is the root of the sum of squares of each matrix, whatever stands before it."""

    part = "frobenius"
    calls = "frobenius(a)"

    def cases(self, draw: Draw):
        for label, shape in (
            ("one matrix", (3, 5)),
            ("a batch", (2, 3, 4)),
            ("B = R = C", (3, 3, 3)),
            ("two leading dimensions", (2, 3, 4, 5)),
            ("one entry", (2, 1, 1)),
            ("matrices without entries", (2, 0, 3)),
            ("no matrices", (0, 2, 3)),
        ):
            yield case(label, a=draw.normal(*shape, std=2.0))
        yield case("float64", a=draw.normal(2, 3, 4, dtype=DOUBLE))
        yield case("transposed, not contiguous", a=draw.normal(2, 5, 3).transpose(1, 2))

    def probe(self, solution, a):
        return solution.frobenius(a)


class TopKSum(Check):
    """top_k_sum adds the k largest entries of each row, for every k from 0 to C."""

    part = "top_k_sum"
    calls = "top_k_sum(x, k)"

    def cases(self, draw: Draw):
        for label, shape, k in (
            ("k = R", (2, 5), 2),
            ("", (3, 6), 4),
            ("rank 1", (7,), 3),
            ("rank 3", (2, 3, 5), 2),
            ("k = 1", (3, 5), 1),
            ("k = C", (3, 5), 5),
            ("k = 0", (3, 5), 0),
            ("C = 1", (3, 1), 1),
        ):
            yield case(label, x=draw.normal(*shape, std=2.0), k=k)
        yield case("float64", x=draw.normal(3, 6, dtype=DOUBLE), k=2)
        yield case("transposed, not contiguous", x=draw.normal(6, 3).t(), k=2)

    def probe(self, solution, x, k):
        return solution.top_k_sum(x, k)


class TopKOfEqualNumbers(Check):
    """top_k_sum adds exactly k entries where several are equal, and takes negative ones where all are."""

    part = "top_k_sum"
    calls = "top_k_sum(x, k)"

    def cases(self, draw: Draw):
        yield case("three equal maxima", x=torch.tensor([[5.0, 2.0, 5.0, 5.0, 1.0], [3.0, 3.0, 3.0, 3.0, 3.0]]), k=2)
        yield case("all negative", x=draw.uniform(3, 5, low=-9.0, high=-1.0), k=2)

    def probe(self, solution, x, k):
        return solution.top_k_sum(x, k)


class RunningMax(Check):
    """running_max holds the largest entry so far, along the last dimension."""

    part = "running_max"
    calls = "running_max(x)"

    def cases(self, draw: Draw):
        yield from tables(draw)
        yield case("all negative", x=draw.uniform(2, 6, low=-9.0, high=-1.0))
        yield case("falling", x=torch.arange(6.0, 0.0, -1.0))
        yield case("T = 0", x=draw.normal(3, 0))

    def probe(self, solution, x):
        return solution.running_max(x)


class MovingSum(Check):
    """moving_sum adds each window of the given width, T - width + 1 of them."""

    part = "moving_sum"
    calls = "moving_sum(x, width)"

    def cases(self, draw: Draw):
        for label, shape, width in (
            ("", (3, 7), 3),
            ("rank 1", (6,), 2),
            ("rank 3", (2, 3, 5), 2),
            ("width = 1", (2, 5), 1),
            ("width = T", (2, 5), 5),
            ("T = 1", (3, 1), 1),
        ):
            yield case(label, x=draw.normal(*shape), width=width)
        yield case("float64", x=draw.normal(2, 8, dtype=DOUBLE), width=4)
        yield case("transposed, not contiguous", x=draw.normal(7, 2).t(), width=3)

    def probe(self, solution, x, width):
        return solution.moving_sum(x, width)


class MovingSumOfALongSeries(Check):
    """moving_sum of 100,000 values near 1e6 is as exact at the end of the series as at its start."""

    part = "moving_sum"
    calls = "moving_sum(x, width) at T = 100000"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(100_000, mean=1e6, std=1e3), width=draw.integer(5, 30))

    def probe(self, solution, x, width):
        return solution.moving_sum(x, width)


class QuadraticForm(Check):
    """quadratic_form is x_b^T A x_b for every row of x, for A that is not symmetric too."""

    part = "quadratic_form"
    calls = "quadratic_form(x, a)"

    def cases(self, draw: Draw):
        for label, b, d in (("B = D", 4, 4), ("", 5, 3), ("B = 1", 1, 3), ("D = 1", 4, 1), ("B = 0", 0, 3)):
            yield case(label, x=draw.normal(b, d), a=draw.normal(d, d))
        yield case("float64", x=draw.normal(5, 3, dtype=DOUBLE), a=draw.normal(3, 3, dtype=DOUBLE))
        yield case("transposed, not contiguous", x=draw.normal(3, 5).t(), a=draw.normal(3, 3).t())

    def probe(self, solution, x, a):
        return solution.quadratic_form(x, a)


class QuadraticFormGradients(Check):
    """The gradients through quadratic_form match: (A + A^T) x for x, not 2 A x."""

    part = "quadratic_form"
    calls = "quadratic_form(x, a), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 3, requires_grad=True), a=draw.normal(3, 3, requires_grad=True))

    def probe(self, solution, x, a):
        return gradients(solution.quadratic_form(x, a), x=x, a=a)


class CountValues(Check):
    """count_values says how often each of 0 .. n-1 occurs, int64, for ids of any shape."""

    part = "count_values"
    calls = "count_values(ids, n)"

    def cases(self, draw: Draw):
        for label, shape, n in (("", (40,), 5), ("a table", (6, 7), 4), ("rank 3", (2, 3, 4), 3), ("n = 1", (5,), 1)):
            yield case(label, ids=draw.integers(0, n, *shape), n=n)
        yield case("transposed, not contiguous", ids=draw.integers(0, 2, 4, 6).t(), n=2)

    def probe(self, solution, ids, n):
        return solution.count_values(ids, n)


class AbsentValues(Check):
    """count_values holds a 0 for every value that does not occur, also at the end and where there are no ids at all."""

    part = "count_values"
    calls = "count_values(ids, n)"

    def cases(self, draw: Draw):
        yield case("the last three do not occur", ids=draw.integers(1, 4, 12), n=7)
        yield case("only one occurs", ids=torch.full((6,), 2), n=5)
        yield case("a single id, 0-d", ids=draw.integers(0, 4), n=4)
        yield case("no ids", ids=torch.zeros(0, dtype=torch.int64), n=4)
        yield case("a table without rows", ids=torch.zeros(0, 3, dtype=torch.int64), n=2)

    def probe(self, solution, ids, n):
        return solution.count_values(ids, n)


class RowAndColumnOfTheMaximum(Check):
    """argmax_2d is the row and the column of the largest entry, int64."""

    part = "argmax_2d"
    calls = "argmax_2d(x)"

    def cases(self, draw: Draw):
        for label, rows, columns in (
            ("", 3, 7),
            ("high", 8, 3),
            ("square", 5, 5),
            ("one row", 1, 6),
            ("one column", 6, 1),
        ):
            yield case(label, x=draw.normal(rows, columns))
        yield case("all negative", x=draw.uniform(4, 3, low=-9.0, high=-1.0))
        yield case("one entry", x=draw.normal(1, 1))
        yield case("float64", x=draw.normal(4, 6, dtype=DOUBLE))
        yield case("transposed, not contiguous", x=draw.normal(7, 4).t())

    def probe(self, solution, x):
        return solution.argmax_2d(x)


class FirstOfEqualMaxima(Check):
    """argmax_2d takes the first of several equal maxima in row-major order."""

    part = "argmax_2d"
    calls = "argmax_2d(x)"

    def cases(self, draw: Draw):
        x = draw.uniform(4, 5)
        x[1, 3] = x[2, 0] = x[3, 4] = 2.0
        yield case("at (1, 3), (2, 0) and (3, 4)", x=x)
        yield case("all equal", x=torch.full((3, 4), 0.5))
        yield case("equal in one row", x=torch.tensor([[0.0, 1.0, 0.0], [7.0, 0.0, 7.0]]))

    def probe(self, solution, x):
        return solution.argmax_2d(x)


class AtSize(Workload):
    """Each function at sizes at which a loop shows."""

    calls = "each function on 40 rows of 48 entries or more"

    def cases(self, draw: Draw):
        x = draw.normal(40, 48)
        for name, arguments in (
            ("softmax_rows", [x]),
            ("standardise", [x]),
            ("cosine", [x, draw.normal(48)]),
            ("frobenius", [draw.normal(40, 48, 4)]),
            ("top_k_sum", [x, 25]),
            ("running_max", [x]),
            ("moving_sum", [x, 24]),
            ("quadratic_form", [x, draw.normal(48, 48)]),
            ("count_values", [draw.integers(0, 48, 40, 3), 48]),
            ("argmax_2d", [x]),
        ):
            yield case(name, name=name, arguments=arguments)

    def probe(self, solution, name, arguments):
        return getattr(solution, name)(*arguments)


class ManyForms(Workload):
    """quadratic_form of 16,384 vectors of 256 numbers: (B, D) is 16 MiB, (B, B) would be 1 GiB."""

    calls = "quadratic_form(x, a) at B = 16384, D = 256"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(16_384, 256), a=draw.normal(256, 256))

    def warm_up(self, draw: Draw):
        return dict(x=draw.normal(5, 3), a=draw.normal(3, 3))

    def probe(self, solution, x, a):
        return solution.quadratic_form(x, a)
