"""Hidden checks of tensors/strided-arrays/arithmetic."""

import math

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, raised

TWO = ("add", "subtract", "multiply", "divide", "maximum", "equal", "less")
DTYPES = {
    "bool": torch.bool,
    "uint8": torch.uint8,
    "int8": torch.int8,
    "int32": torch.int32,
    "int64": torch.int64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "float32": torch.float32,
    "float64": torch.float64,
}


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
        turned = values.permute(*range(values.dim() - 1, -1, -1)).contiguous()
        return NDArray(turned.reshape(-1), tuple(values.shape), turned.stride()[::-1], 0)
    if how == "reversed":
        flipped = values.flip(list(range(values.dim()))).contiguous()
        strides = tuple(-stride for stride in flipped.stride())
        return NDArray(flipped.reshape(-1), tuple(values.shape), strides, values.numel() - 1)
    spread = torch.stack([values, torch.full_like(values, 9)], dim=-1)
    return NDArray(
        spread.reshape(-1), tuple(values.shape), tuple(2 * stride for stride in values.contiguous().stride()), 0
    )


class SameShapes(Check):
    """The elementwise functions agree with torch's for operands of one shape."""

    calls = "add, subtract, multiply, divide, maximum, equal, less (x, y) and exp(x)"

    def cases(self, draw: Draw):
        for shape in ((5,), (2, 3), (3, 2, 4), ()):
            x = draw.normal(*shape)
            y = torch.where(draw.booleans(*shape, p=0.4), x, draw.normal(*shape))
            yield case(f"shape {shape}", x=x, y=y)

    def probe(self, solution, x, y):
        first, second = array(x), array(y)
        results = {name: getattr(solution, name)(first, second) for name in TWO} | {"exp": solution.exp(first)}
        return {name: dense(result) for name, result in results.items()}


class ShapesBroadcast(Check):
    """Shapes broadcast: aligned at the right, sizes of 1 stretch, also against 0; what does not fit raises ValueError."""

    calls = "add(x, y), less(x, y)"

    def cases(self, draw: Draw):
        for first, second in (
            ((2, 3), (3,)),
            ((4, 1), (1, 5)),
            ((3, 1, 2), (4, 1)),
            ((2,), (3, 1)),
            ((), (2, 2)),
            ((1,), (0,)),
            ((0, 3), (1, 3)),
            ((2, 0), (1,)),
            ((1, 1, 1), (2,)),
            ((2, 3), (2,)),
            ((3, 3), (2, 3)),
            ((0,), (2,)),
        ):
            yield case(f"{first} and {second}", x=draw.normal(*first), y=draw.normal(*second))
        for _ in range(12):
            shape = [draw.integer(1, 4) for _ in range(draw.integer(1, 4))]
            cut = draw.integer(0, len(shape))
            pair = [[draw.choice((1, size)) for size in each] for each in (shape, shape[cut:])]
            yield case(f"{tuple(pair[0])} and {tuple(pair[1])}", x=draw.normal(*pair[0]), y=draw.normal(*pair[1]))

    def probe(self, solution, x, y):
        first, second = array(x), array(y)
        pairs = zip(x.shape[::-1], y.shape[::-1], strict=False)
        if any(a != b and 1 not in (a, b) for a, b in pairs):
            return raised(solution.add, first, second)["raised"]
        return {"add": dense(solution.add(first, second)), "less": dense(solution.less(second, first))}


class OperandsOfAnyStrides(Check):
    """Transposed, reversed and spread operands give what row-major ones give, in functions and reductions."""

    calls = "subtract(x, y), exp(x), sum_over(x, 0), argmax(x, 1)"

    def cases(self, draw: Draw):
        for how in ("transposed", "reversed", "spread"):
            yield case(how, x=draw.normal(3, 5), y=draw.normal(3, 1), how=how)

    def probe(self, solution, x, y, how):
        first, second = viewed(x, how), viewed(y, how)
        results = {
            "subtract": solution.subtract(first, second),
            "exp": solution.exp(second),
            "sum_over": solution.sum_over(first, 0),
            "argmax": solution.argmax(first, 1),
        }
        return {name: dense(result) for name, result in results.items()}


class NumbersAsOperands(Check):
    """A Python number may stand on either side; its dtype is weak: float32 stays float32, float64 float64."""

    calls = "add(x, 2.5), subtract(1, x), maximum(x, 0), less(0.5, x), where(mask, x, 0)"

    def cases(self, draw: Draw):
        for dtype in ("float32", "float64", "float16", "int32"):
            yield case(dtype, x=draw.integers(-9, 10, 3, 4, dtype=DTYPES[dtype]), dtype=dtype)

    def probe(self, solution, x, dtype):
        x = x.to(DTYPES[dtype])  # the float64 run of the judge too
        results = {
            "add(x, 2.5)": solution.add(array(x), 2.5),
            "subtract(1, x)": solution.subtract(1, array(x)),
            "maximum(x, 0)": solution.maximum(array(x), 0),
            "less(0.5, x)": solution.less(0.5, array(x)),
            "where(x < 0, x, 0)": solution.where(array(x < 0), array(x), 0),
            "where(x < 0, -1, x)": solution.where(array(x < 0), -1, array(x)),
        }
        return {name: dense(result) for name, result in results.items()}


class WhereChooses(Check):
    """where broadcasts all three, and what is not chosen has no influence, be it inf or NaN."""

    calls = "where(condition, x, y)"

    def cases(self, draw: Draw):
        yield case("one shape", condition=draw.booleans(3, 4), x=draw.normal(3, 4), y=draw.normal(3, 4))
        yield case(
            "(3, 1), (4,) and (2, 1, 1)", condition=draw.booleans(3, 1), x=draw.normal(4), y=draw.normal(2, 1, 1)
        )
        condition = torch.tensor([True, False, True, False])
        x = torch.tensor([1.0, math.inf, 2.0, math.nan])
        yield case("inf and NaN where the condition is False", condition=condition, x=x, y=draw.normal(4))

    def probe(self, solution, condition, x, y):
        return dense(solution.where(array(condition), array(x), array(y)))


class DtypesPromote(Check):
    """Results have the dtype that torch.promote_types says, division and exp of integers are floating, comparisons bool."""

    calls = "add, multiply, maximum, divide, equal, where, exp"
    truth = False

    def cases(self, draw: Draw):
        for first, second in (
            ("int32", "float32"),
            ("int64", "float16"),
            ("uint8", "int8"),
            ("float16", "bfloat16"),
            ("bool", "int32"),
            ("float64", "float32"),
            ("int32", "int64"),
        ):
            x, y = (draw.integers(0, 2 if "bool" in (first, second) else 5, 2, 3) for _ in range(2))
            yield case(f"{first} and {second}", x=x, y=y, first=first, second=second)
        yield case(
            "int64 of shape () and int32",
            x=draw.integers(1, 5),
            y=draw.integers(1, 5, 4),
            first="int64",
            second="int32",
        )

    def probe(self, solution, x, y, first, second):
        x, y = array(x.to(DTYPES[first])), array(y.to(DTYPES[second]))
        results = {name: getattr(solution, name)(x, y) for name in ("add", "multiply", "maximum", "divide", "equal")}
        results |= {"where": solution.where(solution.less(x, y), x, y), "exp": solution.exp(x)}
        return {name: dense(result) for name, result in results.items()}


class Reductions(Check):
    """sum_over, mean_over and max_over reduce one axis, several, or all; keepdims leaves sizes of 1."""

    calls = "sum_over, mean_over, max_over (x, axes, keepdims)"

    def cases(self, draw: Draw):
        for shape, axes in (
            ((3, 4), 0),
            ((3, 4), 1),
            ((3, 4), None),
            ((2, 3, 4), (0, 2)),
            ((2, 3, 4), (0, 1)),
            ((2, 3, 4), -2),
            ((2, 3, 4, 2), (-1, 1)),
            ((2, 3, 4), (2, 0, 1)),
            ((2, 3), ()),
            ((5,), 0),
            ((), None),
            ((4, 1, 3), 1),
        ):
            for keepdims in (False, True):
                label = f"shape {shape}, axes {axes}, keepdims {keepdims}"
                yield case(label, x=draw.normal(*shape, mean=-1.0), axes=axes, keepdims=keepdims)

    def probe(self, solution, x, axes, keepdims):
        axes = tuple(axes) if isinstance(axes, list | tuple) else axes
        results = {
            name: getattr(solution, name)(array(x), axes, keepdims) for name in ("sum_over", "mean_over", "max_over")
        }
        return {name: dense(result) for name, result in results.items()}


class WhereTheMaximumStands(Check):
    """argmax gives the place along the axis, the first of several equal ones, as int64."""

    calls = "argmax(x, axis, keepdims)"

    def cases(self, draw: Draw):
        for shape, axis in (((4, 5), 0), ((4, 5), 1), ((2, 3, 4), -2), ((7,), 0)):
            for keepdims in (False, True):
                yield case(f"shape {shape}, axis {axis}", x=draw.normal(*shape), axis=axis, keepdims=keepdims)
        yield case("ties", x=draw.integers(0, 2, 6, 9), axis=1, keepdims=False)

    def probe(self, solution, x, axis, keepdims):
        return dense(solution.argmax(array(x), axis, keepdims))


class ReductionsOverNothing(Check):
    """Over an empty axis a sum is 0 and a mean NaN; a maximum raises ValueError, unless there is nothing to find."""

    calls = "sum_over, mean_over, max_over, argmax of arrays with a size of 0"
    truth = False

    def cases(self, draw: Draw):
        for shape, axis in (((3, 0), 1), ((0, 4), 0), ((0,), 0), ((2, 0, 3), -2), ((0, 4), 1), ((3, 0), 0)):
            yield case(f"shape {shape}, axis {axis}", x=draw.normal(*shape), axis=axis)

    def probe(self, solution, x, axis):
        result = {
            "sum_over": dense(solution.sum_over(array(x), axis)),
            "mean_over": dense(solution.mean_over(array(x), axis)),
        }
        for name in ("max_over", "argmax"):
            reduce = getattr(solution, name)
            result[name] = dense(reduce(array(x), axis)) if x.shape[axis] else raised(reduce, array(x), axis)["raised"]
        return result


class IntegersReduce(Check):
    """Sums of integers and bools are int64 and exact, their means float32; float64 stays float64."""

    calls = "sum_over, mean_over, max_over of integers, bools and float64"
    truth = False
    tolerance = Tolerance(relative=1e-6, absolute=0.0)

    def cases(self, draw: Draw):
        for dtype in ("uint8", "int8", "int64", "bool", "float64"):
            yield case(dtype, x=draw.integers(0, 2 if dtype == "bool" else 120, 3, 40), dtype=dtype)
        yield case("int64 above 2**53", x=draw.integers(2**55, 2**55 + 99, 2, 5), dtype="int64")

    def probe(self, solution, x, dtype):
        x = array(x.to(DTYPES[dtype]))
        names = ("sum_over", "mean_over", *(("max_over",) if dtype != "bool" else ()))
        return {name: dense(getattr(solution, name)(x, 1)) for name in names}


class ResultsAreNew(Check):
    """A result has a storage of its own: writing to it changes no operand."""

    calls = "add(x, 0)[...] = 5, and so on"
    truth = False

    def cases(self, draw: Draw):
        yield dict(values=draw.normal(3, 1))

    def probe(self, solution, values):
        x = array(values)
        for result in (
            solution.add(x, 0),
            solution.maximum(x, x),
            solution.where(solution.equal(x, x), x, x),
            solution.sum_over(x, 1),
            solution.sum_over(x, (), keepdims=True),
            solution.max_over(x, 1, keepdims=True),
        ):
            result[...] = 5.0
        return dense(x)


class ThreeDimensions(Workload):
    """A sum of shapes (40, 1, 30) and (400, 30), of a transposed and a row-major operand, and two reductions of it."""

    calls = "add(x, y) with shapes (40, 1, 30) and (400, 30); multiply of the transposed; sum_over and max_over of (40, 400, 30)"

    def cases(self, draw: Draw, sizes=(40, 400, 30)):
        a, b, c = sizes
        yield dict(x=draw.normal(a, 1, c), y=draw.normal(b, c))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, sizes=(2, 3, 2)))

    def probe(self, solution, x, y):
        first, second = array(x), array(y)
        total = solution.add(first, second)
        solution.multiply(viewed(y, "transposed"), second)
        return dense(solution.sum_over(total, (0, 2))), dense(solution.max_over(total, 1))
