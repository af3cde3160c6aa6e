"""Hidden checks of tensors/broadcast-shapes."""

import torch

from leveling.checks import Check, Draw, Workload, case, gradients, kind_raised, shares_memory

ROUNDS = 1500


def told(function, *arguments):
    """The result as a tuple, or "ValueError"."""
    if kind_raised(ValueError, function, *arguments) == "ValueError":
        return "ValueError"
    return tuple(function(*arguments))


def members(draw, count, most=5):
    """`count` shapes of rank 0 to `most`; about a third of the drawn sets does not broadcast."""
    whole = [draw.choice((0, 1, 2, 3, 3, 4, 5)) for _ in range(draw.choice((0, 1, 2, 3, 4, most, most)))]
    shapes = []
    for _ in range(count):
        shape = whole[draw.choice((0, 0, 0, draw.integer(0, len(whole)))) :]
        shapes.append([1 if draw.number() < 0.35 else size for size in shape])
    spoilt = draw.choice(shapes)
    if spoilt and draw.number() < 0.4:
        spoilt[draw.integer(0, len(spoilt) - 1)] = draw.integer(0, 6)
    return tuple(map(tuple, shapes))


class PairsOfShapes(Check):
    """broadcast_shape aligns two shapes at the right and stretches sizes of 1."""

    calls = "broadcast_shape(*shapes)"
    truth = False

    def cases(self, draw: Draw):
        for shapes in (
            ((2, 3), (3,)),
            ((4, 1), (3,)),
            ((4, 1), (1, 3)),
            ((5, 1, 4), (3, 1)),
            ((2, 3), (2, 3)),
            ((3,), (2, 1, 1)),
        ):
            yield dict(shapes=shapes)

    def probe(self, solution, shapes):
        return solution.broadcast_shape(*shapes)


class ShapesThatDoNotFit(Check):
    """broadcast_shape raises ValueError where two sizes differ and neither is 1, multiples included."""

    calls = "broadcast_shape(*shapes)"
    truth = False

    def cases(self, draw: Draw):
        a, b = draw.distinct(2, 9, 2)
        for shapes in (((2, 3), (2,)), ((a,), (b,)), ((2,), (4,)), ((4, 3, a), (4, b)), ((2, 3, 4), (3, 2, 1))):
            yield dict(shapes=shapes)

    def probe(self, solution, shapes):
        return told(solution.broadcast_shape, *shapes)


class NoneOneOrEmpty(Check):
    """() with anything gives the other; one shape gives itself; no shape gives ()."""

    calls = "broadcast_shape(*shapes)"
    truth = False

    def cases(self, draw: Draw):
        yield case("no shape", shapes=())
        for shapes in (((),), ((3, 1, 0),), ((1,),), ((), (2, 3)), ((4, 0), ()), ((), ()), ((), (1,), ())):
            yield dict(shapes=shapes)

    def probe(self, solution, shapes):
        return solution.broadcast_shape(*shapes)


class SizesOfZero(Check):
    """0 is an ordinary size: with 1 and with 0 it gives 0, with anything else ValueError."""

    calls = "broadcast_shape(*shapes)"
    truth = False

    def cases(self, draw: Draw):
        for shapes in (((0,), (1,)), ((1, 4), (0, 1)), ((0,), (0,)), ((2, 0), (1,)), ((0,), (3,)), ((5, 2), (5, 0))):
            yield dict(shapes=shapes)

    def probe(self, solution, shapes):
        return told(solution.broadcast_shape, *shapes)


class MoreThanTwo(Check):
    """Of three and more shapes each must fit what the ones before it have come to: (3,), (1,), (4,) do not broadcast."""

    calls = "broadcast_shape(*shapes)"
    truth = False

    def cases(self, draw: Draw):
        for shapes in (
            ((2, 1), (1, 3), (2, 3)),
            ((7,), (1, 1), (5, 1, 1)),
            ((3,), (1,), (4,)),
            ((2, 1), (3,), (4, 1)),
            ((1,), (4,), (1, 1), (2, 4)),
            ((3,), (2, 1), (1, 3), (2, 1, 4)),
        ):
            yield dict(shapes=shapes)

    def probe(self, solution, shapes):
        return told(solution.broadcast_shape, *shapes)


class ThousandsOfShapes(Check):
    """broadcast_shape agrees with torch on 1,500 random sets of one to four shapes of rank 0 to 5."""

    calls = "broadcast_shape(*shapes) for many sets of shapes"
    truth = False

    def cases(self, draw: Draw):
        yield dict(drawn=[members(draw, draw.integer(1, 4)) for _ in range(ROUNDS)])

    def probe(self, solution, drawn):
        return {f"broadcast_shape{shapes}": told(solution.broadcast_shape, *shapes) for shapes in drawn}


class StridesOfAView(Check):
    """broadcast_strides gives 0 for new and for stretched dimensions and keeps the other strides."""

    calls = "broadcast_strides(shape, strides, target)"
    truth = False

    def cases(self, draw: Draw):
        for label, shape, strides, target in (
            ("a row under a table", (3,), (1,), (2, 3)),
            ("a column beside a table", (4, 1), (1, 1), (4, 5)),
            ("stretched in the middle", (2, 1, 3), (3, 3, 1), (2, 4, 3)),
            ("nothing to do", (2, 3), (3, 1), (2, 3)),
            ("transposed", (3, 2), (1, 3), (4, 3, 2)),
            ("steps and gaps", (3, 1, 2), (20, 7, 2), (5, 3, 6, 2)),
            ("0-d", (), (), (2, 3)),
            ("0-d stays 0-d", (), (), ()),
            ("already stretched", (3, 4), (0, 1), (2, 3, 4)),
        ):
            yield case(label, shape=shape, strides=strides, target=target)

    def probe(self, solution, shape, strides, target):
        return solution.broadcast_strides(shape, strides, target)


class StridesOfSizeOneAndZero(Check):
    """A size of 1 that stays 1 keeps its stride; a 1 may become 0, and a 0 may stay."""

    calls = "broadcast_strides(shape, strides, target)"
    truth = False

    def cases(self, draw: Draw):
        for shape, strides, target in (
            ((1, 3), (9, 1), (1, 3)),
            ((1, 3), (9, 1), (4, 1, 3)),
            ((1,), (5,), (0,)),
            ((2, 1), (1, 7), (2, 0)),
            ((0, 3), (3, 1), (0, 3)),
            ((0, 3), (3, 1), (2, 0, 3)),
        ):
            yield dict(shape=shape, strides=strides, target=target)

    def probe(self, solution, shape, strides, target):
        return solution.broadcast_strides(shape, strides, target)


class TargetsOutOfReach(Check):
    """broadcast_strides raises ValueError for a target of lower rank and for one that changes a size other than 1."""

    calls = "broadcast_strides(shape, strides, target)"
    truth = False

    def cases(self, draw: Draw):
        for shape, strides, target in (
            ((2, 3), (3, 1), (3,)),
            ((1, 3), (3, 1), (3,)),
            ((2, 3), (3, 1), (2, 1)),
            ((3,), (1,), (1,)),
            ((3,), (1,), (2,)),
            ((2,), (1,), (4,)),
            ((3,), (1,), (0,)),
            ((0,), (1,), (1,)),
            ((0,), (1,), (3,)),
            ((2, 3), (3, 1), (3, 2, 4)),
            ((4,), (1,), ()),
        ):
            yield dict(shape=shape, strides=strides, target=target)

    def probe(self, solution, shape, strides, target):
        return told(solution.broadcast_strides, shape, strides, target)


def layouts(draw: Draw, **options):
    """Tensors that lie in memory in every way, and targets they stretch to."""
    yield case("contiguous", x=draw.normal(3, 1, 4, **options), target=(2, 3, 5, 4))
    yield case("a row", x=draw.normal(5, **options), target=(3, 5))
    yield case("0-d", x=draw.normal(**options), target=(2, 3))
    yield case("the same shape", x=draw.normal(2, 3, **options), target=(2, 3))
    yield case("to size 0", x=draw.normal(3, 1, **options), target=(3, 0))


class ExpandsValues(Check):
    """expand_view shows x in the target shape, its values repeated along new and stretched dimensions."""

    calls = "expand_view(x, target)"

    def cases(self, draw: Draw):
        yield from layouts(draw)

    def probe(self, solution, x, target):
        return solution.expand_view(x, target)


class ExpandsAnyView(Check):
    """expand_view takes transposed tensors and slices that start in the middle of their storage."""

    calls = "expand_view(x, target)"

    def cases(self, draw: Draw):
        base = draw.normal(6, 8)
        yield case("transposed", x=base.t(), target=(3, 8, 6))
        yield case("the last rows", x=base[4:], target=(3, 2, 8))
        yield case("a column", x=base[:, 3:4], target=(6, 5))
        yield case("every second row and column, from the middle", x=base[1::2, 2::3], target=(4, 3, 2))
        yield case("a single entry", x=base[5, 7], target=(2, 2))
        yield case("a row of the transposed tensor", x=base.t()[5], target=(4, 6))

    def probe(self, solution, x, target):
        return solution.expand_view(x, target)


class ExpandsInPlace(Check):
    """expand_view shares x's storage: a later change of x shows wherever the entry is repeated."""

    calls = "expand_view(x, target), then x changes"
    changes = ("base",)

    def cases(self, draw: Draw):
        yield dict(base=draw.normal(4, 6), target=(3, 2, 6))

    def probe(self, solution, base, target):
        x = base[2:]
        view = solution.expand_view(x, target)
        shared = shares_memory(view, base)
        base[3, 1] = 99.0
        return {"shares storage": shared, "entries [:, 1, 1] after x[1, 1] = 99": view[:, 1, 1].clone()}


class GradientsAreSummed(Check):
    """The gradient through expand_view is summed over all places at which an entry is shown."""

    calls = "expand_view(x, target), then backward"

    def cases(self, draw: Draw):
        for one in layouts(draw, requires_grad=True):
            if 0 not in one.inputs["target"]:
                yield one
        # of the tensor behind the slice only the slice's part gets a gradient
        yield case("a transposed slice", x=draw.normal(5, 4, requires_grad=True), target=(3, 4, 2), sliced=True)

    def probe(self, solution, x, target, sliced=False):
        return gradients(solution.expand_view(x[3:].t() if sliced else x, target), x=x)


class ViewsOutOfReach(Check):
    """expand_view raises ValueError where x does not stretch to the target."""

    calls = "expand_view(x, target)"

    def cases(self, draw: Draw):
        for shape, target in (((2, 3), (3,)), ((3,), (2,)), ((3, 2), (3, 4)), ((2, 3), (2, 1))):
            yield case(f"{shape} to {target}", x=draw.normal(*shape), target=target)

    def probe(self, solution, x, target):
        return kind_raised(ValueError, solution.expand_view, x, target)


class WideView(Workload):
    """8 MiB shown 64 times over."""

    calls = "expand_view(x, (1024, 64, 2048)) of an x of (1024, 1, 2048)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(1024, 1, 2048), target=(1024, 64, 2048))

    def warm_up(self, draw: Draw):
        return dict(x=draw.normal(3, 1, 4), target=(3, 2, 4))

    def probe(self, solution, x, target):
        return solution.expand_view(x, target)[1, 1:, 2].clone()
