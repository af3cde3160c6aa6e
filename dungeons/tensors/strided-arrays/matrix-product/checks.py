"""Hidden checks of tensors/strided-arrays/matrix-product."""

import torch

from leveling.checks import Check, Draw, Workload, case, raised

CALL = "matmul(x, y)"


def dense(x):
    """The elements of an NDArray by its attributes alone, in the shape it claims."""
    places = torch.full((1,), x.offset)
    for size, stride in zip(x.shape, x.strides, strict=True):
        places = (places[:, None] + torch.arange(size) * stride).flatten()
    return x.storage[places].reshape(tuple(x.shape))


def array(values):
    from flat_storage import array

    return array(values)


def viewed(values, how):
    """An NDArray with the values of a tensor, in a layout that is not row-major."""
    from flat_storage import NDArray

    if how == "transposed":
        turned = values.transpose(-1, -2).contiguous()
        return NDArray(turned.reshape(-1), tuple(values.shape), turned.transpose(-1, -2).stride(), 0)
    if how == "reversed":
        flipped = values.flip(list(range(values.dim()))).contiguous()
        return NDArray(flipped.reshape(-1), tuple(values.shape), [-s for s in flipped.stride()], values.numel() - 1)
    if how == "stretched":
        rows = values[..., :1, :].contiguous()
        return NDArray(rows.reshape(-1), tuple(values.shape), (*rows.stride()[:-2], 0, 1), 0)
    padded = torch.cat([values, torch.full_like(values, 9)], dim=-1)
    return NDArray(padded.reshape(-1), tuple(values.shape), padded.stride(), 0)


class MatricesAndVectors(Check):
    """Matrices times matrices, rows and columns give what torch.matmul gives."""

    calls = CALL

    def cases(self, draw: Draw):
        for first, second in (
            ((2, 3), (3, 5)),
            ((4, 4), (4, 4)),
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((3,), (3, 5)),
            ((1, 1), (1, 1)),
        ):
            yield case(f"{first} times {second}", x=draw.normal(*first), y=draw.normal(*second))

    def probe(self, solution, x, y):
        return dense(solution.matmul(array(x), array(y)))


class StacksBroadcast(Check):
    """Leading dimensions are a stack, and broadcast; the dimension of a vector does not appear in the result."""

    calls = CALL

    def cases(self, draw: Draw):
        for first, second in (
            ((4, 2, 3), (4, 3, 5)),
            ((4, 2, 3), (3, 5)),
            ((2, 3), (4, 3, 5)),
            ((2, 1, 2, 3), (4, 3, 5)),
            ((3, 1, 2, 2), (1, 4, 2, 2)),
            ((4, 2, 3), (3,)),
            ((3,), (4, 3, 5)),
            ((2, 4, 2, 3), (3,)),
            ((3,), (2, 4, 3, 1)),
            ((3, 3, 3), (3,)),
            ((3,), (3, 3, 3)),
        ):
            yield case(f"{first} times {second}", x=draw.normal(*first), y=draw.normal(*second))

    def probe(self, solution, x, y):
        return dense(solution.matmul(array(x), array(y)))


class OperandsOfAnyStrides(Check):
    """Transposed, reversed, stretched and padded operands give what contiguous copies of them give."""

    calls = CALL

    def cases(self, draw: Draw):
        for how in ("transposed", "reversed", "stretched", "padded"):
            yield case(how, x=draw.normal(4, 4), y=draw.normal(4, 4), how=how)
            yield case(f"{how}, a stack", x=draw.normal(2, 3, 4), y=draw.normal(2, 4, 3), how=how)

    def probe(self, solution, x, y, how):
        first, second = viewed(x, how), viewed(y, how)
        return {
            "both": dense(solution.matmul(first, second)),
            "the left one": dense(solution.matmul(first, array(y))),
            "the right one": dense(solution.matmul(array(x), second)),
        }


class SizesOfZero(Check):
    """Empty matrices and stacks work: over an inner size of 0 every sum is 0."""

    calls = CALL
    truth = False

    def cases(self, draw: Draw):
        for first, second in (
            ((2, 0), (0, 3)),
            ((0, 3), (3, 2)),
            ((0,), (0,)),
            ((0, 2, 3), (3, 4)),
            ((2, 3), (0, 3, 2)),
        ):
            yield case(f"{first} times {second}", x=draw.normal(*first), y=draw.normal(*second))

    def probe(self, solution, x, y):
        return dense(solution.matmul(array(x), array(y)))


class DtypesPromote(Check):
    """The result has the promoted dtype of both; integers are exact."""

    calls = CALL
    truth = False

    def cases(self, draw: Draw):
        for first, second in (("float32", "float64"), ("int64", "int32"), ("int64", "float32"), ("bool", "float32")):
            x, y = draw.integers(0, 2, 3, 4), draw.integers(-9, 9, 4, 2)
            yield case(f"{first} and {second}", x=x, y=y, first=first, second=second)
        yield case(
            "int64 above 2**53",
            x=draw.integers(2**54, 2**54 + 99, 2, 3),
            y=draw.integers(1, 9, 3, 2),
            first="int64",
            second="int64",
        )

    def probe(self, solution, x, y, first, second):
        x, y = x.to(getattr(torch, first)), y.to(getattr(torch, second))
        return dense(solution.matmul(array(x), array(y)))


class WhatDoesNotFit(Check):
    """Inner sizes that differ, stacks that do not broadcast and operands without a dimension raise ValueError."""

    calls = CALL
    truth = False

    def cases(self, draw: Draw):
        for first, second in (
            ((2, 3), (2, 3)),
            ((6, 1), (3, 2)),
            ((3,), (4,)),
            ((2, 3), (2,)),
            ((2, 2, 3), (3, 3, 4)),
            ((2, 3), (1, 3)),
            ((), (3,)),
            ((3,), ()),
        ):
            yield case(f"{first} times {second}", x=draw.normal(*first), y=draw.normal(*second))

    def probe(self, solution, x, y):
        return raised(solution.matmul, array(x), array(y))["raised"]


class ResultsAreNew(Check):
    """The result has a storage of its own, and operands are left as they are."""

    calls = "matmul(x, y)[...] = 5"
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(1, 1), y=draw.normal(1))

    def probe(self, solution, x, y):
        first, second = array(x), array(y)
        solution.matmul(first, second)[...] = 5.0
        return dense(first), dense(second)


class SquareMatrices(Workload):
    """256 x 256 times 256 x 256, both row-major."""

    calls = "matmul(x, y) at 256 x 256"

    def cases(self, draw: Draw, n: int = 256):
        yield dict(x=draw.normal(n, n), y=draw.normal(n, n))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, n=5))

    def probe(self, solution, x, y):
        from flat_storage import NDArray

        size = tuple(x.shape)
        first, second = (NDArray(values.view(-1), size, values.stride(), 0) for values in (x, y))
        result = solution.matmul(first, second)
        return [result.storage[0], result.storage[-1]]
