"""Hidden checks of tensors/broadcasting-drills.

Equal sizes come first in every check: a wrong alignment runs there without an error, and the numbers tell which it was.
"""

import torch

from leveling.checks import Check, Draw, Workload, case, expect, gradients


class AddRowVector(Check):
    """add_row_vector adds b[j] to column j of every row, in the dtype of its inputs."""

    part = "add_row_vector"
    calls = "add_row_vector(x, b)"

    def cases(self, draw: Draw):
        for label, rows, columns in (
            ("R = C", 4, 4),
            ("", 3, 5),
            ("one row", 1, 5),
            ("one column", 4, 1),
            ("R = 0", 0, 3),
        ):
            yield case(label, x=draw.normal(rows, columns), b=draw.normal(columns))
        yield case("integers", x=draw.integers(-9, 9, 3, 4), b=draw.integers(-9, 9, 4))
        yield case("float16", x=draw.normal(3, 4, dtype=torch.float16), b=draw.normal(4, dtype=torch.float16))

    def probe(self, solution, x, b):
        return solution.add_row_vector(x, b)


class AddColumnVector(Check):
    """add_column_vector adds c[i] to row i, whether or not x is square, in the dtype of its inputs."""

    part = "add_column_vector"
    calls = "add_column_vector(x, c)"

    def cases(self, draw: Draw):
        for label, rows, columns in (
            ("R = C", 4, 4),
            ("", 3, 5),
            ("one row", 1, 5),
            ("one column", 4, 1),
            ("R = 0", 0, 3),
        ):
            yield case(label, x=draw.normal(rows, columns), c=draw.normal(rows))
        yield case("integers", x=draw.integers(-9, 9, 3, 4), c=draw.integers(-9, 9, 3))
        yield case("float16", x=draw.normal(3, 4, dtype=torch.float16), c=draw.normal(3, dtype=torch.float16))

    def probe(self, solution, x, c):
        return solution.add_column_vector(x, c)


class OuterProduct(Check):
    """outer holds a[i] * b[j] at [i, j], in the dtype of its inputs."""

    part = "outer"
    calls = "outer(a, b)"

    def cases(self, draw: Draw):
        for label, n, m in (
            ("N = M", 4, 4),
            ("", 3, 5),
            ("N = 1", 1, 4),
            ("M = 1", 4, 1),
            ("N = 0", 0, 3),
            ("M = 0", 2, 0),
        ):
            yield case(label, a=draw.normal(n), b=draw.normal(m))
        yield case("integers", a=draw.integers(2, 9, 3), b=draw.integers(2, 9, 4))
        yield case("float16", a=draw.normal(3, dtype=torch.float16), b=draw.normal(4, dtype=torch.float16))

    def probe(self, solution, a, b):
        return solution.outer(a, b)


class PairwiseDifference(Check):
    """pairwise_difference holds the vector a[i] - b[j] at [i, j], in the dtype of its inputs."""

    part = "pairwise_difference"
    calls = "pairwise_difference(a, b)"

    def cases(self, draw: Draw):
        for label, n, m, d in (
            ("N = M = D", 3, 3, 3),
            ("N = M", 4, 4, 2),
            ("", 3, 5, 2),
            ("one of each", 1, 1, 4),
            ("N = 0", 0, 3, 2),
            ("D = 0", 2, 3, 0),
        ):
            yield case(label, a=draw.normal(n, d), b=draw.normal(m, d))
        yield case("integers", a=draw.integers(-9, 9, 3, 2), b=draw.integers(-9, 9, 4, 2))
        yield case("float16", a=draw.normal(3, 2, dtype=torch.float16), b=draw.normal(4, 2, dtype=torch.float16))

    def probe(self, solution, a, b):
        return solution.pairwise_difference(a, b)


class ScaleChannels(Check):
    """scale_channels multiplies channel c by s[c], also where C, H and W are equal, in the dtype of its inputs."""

    part = "scale_channels"
    calls = "scale_channels(x, s)"

    def cases(self, draw: Draw):
        for label, shape in (
            ("B = C = H = W", (3, 3, 3, 3)),
            ("", (2, 5, 3, 4)),
            ("C = W", (2, 4, 3, 4)),
            ("B = 1", (1, 3, 2, 5)),
            ("one channel", (2, 1, 3, 4)),
            ("B = 0", (0, 3, 2, 2)),
        ):
            yield case(label, x=draw.normal(*shape), s=draw.normal(shape[1]))
        yield case("integers", x=draw.integers(-9, 9, 2, 3, 2, 2), s=draw.integers(2, 9, 3))
        yield case("float16", x=draw.normal(2, 3, 2, 2, dtype=torch.float16), s=draw.normal(3, dtype=torch.float16))

    def probe(self, solution, x, s):
        return solution.scale_channels(x, s)


class NormaliseRows(Check):
    """normalise_rows divides every row by its sum, for any leading dimensions."""

    part = "normalise_rows"
    calls = "normalise_rows(x)"

    def cases(self, draw: Draw):
        for label, shape in (
            ("square", (4, 4)),
            ("", (3, 5)),
            ("a single row", (4,)),
            ("two leading dimensions", (2, 3, 4)),
            ("C = 1", (3, 1)),
            ("no rows", (0, 3)),
            ("C = 0", (3, 0)),
        ):
            yield case(label, x=draw.uniform(*shape, low=0.2, high=3.0))

    def probe(self, solution, x):
        return solution.normalise_rows(x)


class TinyRowsAndZeroRows(Check):
    """normalise_rows is exact for rows whose sum is near 1e-9 or 1e-30, and exactly 0 for rows of zeros."""

    part = "normalise_rows"
    calls = "normalise_rows(x)"

    def cases(self, draw: Draw):
        for size in (1e-9, 1e-30):
            x = draw.uniform(4, 5, low=0.2, high=1.0)
            x[1] *= size
            yield case(f"row 1 sums to about {size:g}", x=x)
        x = draw.uniform(2, 3, 4, low=0.2, high=1.0)
        x[0, 1] = 0
        x[1, 2] = 0
        yield case("rows of zeros", x=x)
        yield case("all zeros", x=torch.zeros(2, 3))

    def probe(self, solution, x):
        return solution.normalise_rows(x)


class NormaliseGradients(Check):
    """The gradient through normalise_rows matches, and stays finite where a row is all zeros."""

    part = "normalise_rows"
    calls = "normalise_rows(x), then backward"
    compare = False

    def cases(self, draw: Draw):
        x = draw.uniform(4, 5, low=0.2, high=2.0)
        x[2] = 0
        yield case("row 2 is all zeros", x=x.requires_grad_())

    def probe(self, solution, x):
        return gradients(solution.normalise_rows(x), x=x)["gradient of x"]

    def verify(self, case, got, want):
        expect(got is not None, "no gradient reaches x")
        row = got[
            2
        ]  # what it is there is a matter of taste (the function has no slope at 0), so long as it is a number
        expect(bool(row.isfinite().all()), f"the gradient of the zero row is {row.tolist()}, expected finite numbers")
        rest = torch.tensor([0, 1, 3])
        error = float((got[rest] - want[rest]).abs().max())
        expect(error < 1e-5, f"the gradient of the other rows is off by up to {error:.3g}")


class PaddingMask(Check):
    """padding_mask is bool (B, t), True at the first lengths[b] positions of row b."""

    part = "padding_mask"
    calls = "padding_mask(lengths, t)"

    def cases(self, draw: Draw):
        yield case("B = t", lengths=torch.tensor(draw.distinct(1, 4, 4)), t=4)
        yield dict(lengths=torch.tensor(draw.distinct(1, 6, 3)), t=7)
        yield case("one sequence", lengths=draw.integers(1, 5, 1), t=6)

    def probe(self, solution, lengths, t):
        return solution.padding_mask(lengths, t)


class PaddingMaskAtTheEnds(Check):
    """padding_mask has no True for length 0, no False for length t, and takes t = 0 and B = 0."""

    part = "padding_mask"
    calls = "padding_mask(lengths, t)"

    def cases(self, draw: Draw):
        yield case("lengths 0 and t", lengths=torch.tensor([0, 5, 3, 0, 5]), t=5)
        yield case("t = 0", lengths=torch.zeros(3, dtype=torch.int64), t=0)
        yield case("no sequences", lengths=torch.zeros(0, dtype=torch.int64), t=4)

    def probe(self, solution, lengths, t):
        return solution.padding_mask(lengths, t)


class PaddingMaskOfInt32(Check):
    """padding_mask takes int32 lengths, as tokenisers and loaders hand them out."""

    part = "padding_mask"
    calls = "padding_mask(lengths, t) with int32 lengths"

    def cases(self, draw: Draw):
        yield dict(lengths=draw.integers(0, 7, 4, dtype=torch.int32), t=6)

    def probe(self, solution, lengths, t):
        return solution.padding_mask(lengths, t)


class RelativePositions(Check):
    """relative_positions is int64 (t, t) with j - i at [i, j], also for t = 1 and t = 0."""

    part = "relative_positions"
    calls = "relative_positions(t)"

    def cases(self, draw: Draw):
        for t in (4, draw.integer(5, 12), 1, 0):
            yield dict(t=t)

    def probe(self, solution, t):
        return solution.relative_positions(t)


class BatchAffine(Check):
    """batch_affine is x[b, n] @ a[b] + b[b] for every b and n, also where B = N, in the dtype of its inputs."""

    part = "batch_affine"
    calls = "batch_affine(x, a, b)"

    def cases(self, draw: Draw):
        for label, size, n, d, e in (
            ("B = N", 4, 4, 3, 2),
            ("B = N = D = E", 3, 3, 3, 3),
            ("", 2, 5, 3, 4),
            ("B = 1", 1, 5, 3, 2),
            ("N = 1", 3, 1, 4, 2),
            ("N = 0", 2, 0, 3, 4),
            ("D = 0: only b is left", 2, 3, 0, 4),
        ):
            yield case(label, x=draw.normal(size, n, d), a=draw.normal(size, d, e), b=draw.normal(size, e))
        yield case(
            "integers", x=draw.integers(-9, 9, 2, 4, 3), a=draw.integers(-9, 9, 2, 3, 5), b=draw.integers(-9, 9, 2, 5)
        )
        yield case(
            "float16",
            x=draw.normal(2, 4, 3, dtype=torch.float16),
            a=draw.normal(2, 3, 5, dtype=torch.float16),
            b=draw.normal(2, 5, dtype=torch.float16),
        )

    def probe(self, solution, x, a, b):
        return solution.batch_affine(x, a, b)


def some_true(draw, size, length):
    """A bool mask (size, length) whose rows hold at least one True and, where they can, one False."""
    mask = draw.booleans(size, length)
    mask[:, 0] = draw.booleans(size)
    if length > 1:
        mask[:, 1] = ~mask[:, 0]
    else:
        mask[:] = True
    return mask


class MaskedMean(Check):
    """masked_mean averages the True positions of each sequence, also where B, T and D are equal."""

    part = "masked_mean"
    calls = "masked_mean(x, mask)"

    def cases(self, draw: Draw):
        for label, size, t, d in (
            ("B = T = D", 4, 4, 4),
            ("", 3, 7, 2),
            ("B = 1", 1, 5, 3),
            ("T = 1", 3, 1, 2),
            ("D = 1", 2, 5, 1),
        ):
            yield case(label, x=draw.normal(size, t, d, mean=2.0), mask=some_true(draw, size, t))

    def probe(self, solution, x, mask):
        return solution.masked_mean(x, mask)


class MaskedMeanOfNothing(Check):
    """masked_mean gives exact zeros for a sequence without a True, and takes T = 0 and B = 0."""

    part = "masked_mean"
    calls = "masked_mean(x, mask)"

    def cases(self, draw: Draw):
        mask = some_true(draw, 3, 5)
        mask[1] = False
        yield case("mask[1] is all False", x=draw.normal(3, 5, 2, mean=2.0), mask=mask)
        for label, size, t in (("T = 0", 2, 0), ("B = 0", 0, 4)):
            yield case(label, x=draw.normal(size, t, 3), mask=torch.zeros(size, t, dtype=torch.bool))

    def probe(self, solution, x, mask):
        return solution.masked_mean(x, mask)


class HiddenValuesDoNotCount(Check):
    """masked_mean is the same whatever stands at masked positions, NaN and infinity included; a kept NaN still shows."""

    part = "masked_mean"
    calls = "masked_mean(x, mask)"

    def cases(self, draw: Draw):
        mask = some_true(draw, 4, 6)
        mask[3] = False
        for value in (float("nan"), float("inf"), float("-inf")):
            x = draw.normal(4, 6, 3, mean=2.0)
            x[~mask] = value
            yield case(f"masked positions hold {value}", x=x, mask=mask)
        x = draw.normal(2, 3, 2)
        x[0, 1] = float("nan")
        yield case("a kept position holds NaN", x=x, mask=torch.tensor([[True, True, False], [True, False, True]]))

    def probe(self, solution, x, mask):
        return solution.masked_mean(x, mask)


class MaskedMeanGradients(Check):
    """The gradient of masked_mean reaches kept positions alone and holds no NaN, whatever is masked."""

    part = "masked_mean"
    calls = "masked_mean(x, mask), then backward"

    def cases(self, draw: Draw):
        mask = some_true(draw, 3, 5)
        mask[1] = False
        x = draw.normal(3, 5, 2)
        yield case("mask[1] is all False", x=x.clone().requires_grad_(), mask=mask)
        x[~mask] = float("inf")
        yield case("masked positions hold inf", x=x.requires_grad_(), mask=mask)

    def probe(self, solution, x, mask):
        return gradients(solution.masked_mean(x, mask), x=x)


class AddRowVectorAtSize(Workload):
    """add_row_vector on 48 rows."""

    calls = "add_row_vector(x, b) on 48 rows"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(48, 40), b=draw.normal(40))

    def probe(self, solution, x, b):
        return solution.add_row_vector(x, b)


class AddColumnVectorAtSize(Workload):
    """add_column_vector on 40 columns."""

    calls = "add_column_vector(x, c) on 40 columns"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(48, 40), c=draw.normal(48))

    def probe(self, solution, x, c):
        return solution.add_column_vector(x, c)


class OuterAtSize(Workload):
    """outer of 48 by 40 numbers."""

    calls = "outer(a, b) at N=48, M=40"

    def cases(self, draw: Draw):
        yield dict(a=draw.normal(48), b=draw.normal(40))

    def probe(self, solution, a, b):
        return solution.outer(a, b)


class PairwiseDifferenceAtSize(Workload):
    """pairwise_difference of 48 by 40 vectors."""

    calls = "pairwise_difference(a, b) at N=48, M=40"

    def cases(self, draw: Draw):
        yield dict(a=draw.normal(48, 3), b=draw.normal(40, 3))

    def probe(self, solution, a, b):
        return solution.pairwise_difference(a, b)


class ScaleChannelsAtSize(Workload):
    """scale_channels on 40 channels."""

    calls = "scale_channels(x, s) on 40 channels"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 40, 3, 3), s=draw.normal(40))

    def probe(self, solution, x, s):
        return solution.scale_channels(x, s)


class NormaliseRowsAtSize(Workload):
    """normalise_rows on 48 rows."""

    calls = "normalise_rows(x) on 48 rows"

    def cases(self, draw: Draw):
        yield dict(x=draw.uniform(48, 5, low=0.1))

    def probe(self, solution, x):
        return solution.normalise_rows(x)


class PaddingMaskAtSize(Workload):
    """padding_mask of 48 lengths."""

    calls = "padding_mask(lengths, t) of 48 lengths"

    def cases(self, draw: Draw):
        yield dict(lengths=draw.integers(0, 41, 48), t=40)

    def probe(self, solution, lengths, t):
        return solution.padding_mask(lengths, t)


class RelativePositionsAtSize(Workload):
    """relative_positions at t = 48."""

    calls = "relative_positions(48)"

    def cases(self, draw: Draw):
        yield dict(t=48)

    def probe(self, solution, t):
        return solution.relative_positions(t)


class BatchAffineAtSize(Workload):
    """batch_affine on 48 matrices."""

    calls = "batch_affine(x, a, b) at B=48"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(48, 5, 3), a=draw.normal(48, 3, 4), b=draw.normal(48, 4))

    def probe(self, solution, x, a, b):
        return solution.batch_affine(x, a, b)


class MaskedMeanAtSize(Workload):
    """masked_mean of 48 sequences."""

    calls = "masked_mean(x, mask) at B=48"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(48, 9, 3), mask=some_true(draw, 48, 9))

    def probe(self, solution, x, mask):
        return solution.masked_mean(x, mask)
