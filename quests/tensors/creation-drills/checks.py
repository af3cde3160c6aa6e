"""Hidden checks of tensors/creation-drills."""

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

from leveling.checks import Check, Draw, Tolerance, case, expect

DRAWS = 4096


class SecondDevice(TorchFunctionMode):
    """Lets the meta device play a GPU: calls on it run on the CPU and their results are marked as lying on it.

    The meta kernels themselves import a compiler, which takes seconds; all that is asked here is where a result lies.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        options = dict(kwargs or {})
        if func.__name__ in ("__get__", "to", "type_as"):
            return func(*args, **options)
        tensors = [leaf for leaf in tree_leaves((args, options)) if isinstance(leaf, torch.Tensor)]
        there = [tensor for tensor in tensors if tensor.is_meta]
        if not there and str(options.get("device")) != "meta":
            return func(*args, **options)
        indexed = func.__name__ == "__getitem__" and args[0].is_meta
        if any(tensor.dim() for tensor in tensors if not tensor.is_meta) and not indexed:
            raise RuntimeError("Expected all tensors to be on the same device, but found at least two devices")
        if "device" in options:
            options["device"] = "cpu"
        here = tree_map(on_cpu, (args, options))
        result = func(*here[0], **here[1])
        return result.to("meta") if isinstance(result, torch.Tensor) else result


def on_cpu(leaf):
    """Zeros on the CPU in place of a meta tensor; anything else as it is."""
    if isinstance(leaf, torch.Tensor) and leaf.is_meta:
        return torch.zeros(tuple(leaf.shape), dtype=leaf.dtype, device="cpu")
    return leaf


def placed(function, tensor, *rest):
    """Device, shape and dtype of what `function` makes of `tensor` where that lies on another device than the CPU."""
    other = tensor.to("meta")
    with SecondDevice():
        made = function(other, *rest)
    return {"on the device of the input": made.device == other.device, "shape": tuple(made.shape), "dtype": made.dtype}


class FilledEverywhere(Check):
    """filled gives the shape and the dtype that were asked for, and the value in every element."""

    part = "filled"
    calls = "filled(shape, value, dtype)"

    def cases(self, draw: Draw):
        yield dict(shape=(3, 5), value=draw.integer(2, 99) + 0.5, dtype=torch.float32)
        yield case("integers", shape=(2, 1, 4), value=draw.integer(2, 99), dtype=torch.int64)
        yield case("truth values", shape=(4,), value=True, dtype=torch.bool)
        yield case("half precision", shape=(2, 3), value=-1.5, dtype=torch.float16)
        yield case("no dimension: one number", shape=(), value=float(draw.integer(2, 99)), dtype=torch.float32)
        yield case("no elements", shape=(0, 3), value=7, dtype=torch.int32)
        yield case("infinity", shape=(2, 2), value=float("-inf"), dtype=torch.float32)

    def probe(self, solution, shape, value, dtype):
        return solution.filled(shape, value, dtype)


class FilledKeepsEveryDigit(Check):
    """filled loses no digit on the way: 0.1 in float64, 2**53 + 1 in int64."""

    part = "filled"
    calls = "filled(shape, value, dtype)"

    def cases(self, draw: Draw):
        yield case("float64", shape=(3,), value=draw.integer(1, 9) / 10 + 0.01, dtype=torch.float64)
        yield case("above 2**53", shape=(2,), value=2**53 + 1 + 2 * draw.integer(0, 500), dtype=torch.int64)

    def probe(self, solution, shape, value, dtype):
        return solution.filled(shape, value, dtype)


class CountsUp(Check):
    """count_up gives 0, 1, ..., n - 1 in int64, also for n = 0 and n = 1."""

    part = "count_up"
    calls = "count_up(n)"

    def cases(self, draw: Draw):
        for n in (draw.integer(5, 30), 1, 0):
            yield dict(n=n)

    def probe(self, solution, n):
        return solution.count_up(n)


class EvenlySpaced(Check):
    """evenly_spaced gives n float32 points with equal gaps, both ends included."""

    part = "evenly_spaced"
    calls = "evenly_spaced(a, b, n)"
    tolerance = Tolerance(absolute=1e-5, relative=1e-5)

    def cases(self, draw: Draw):
        yield dict(a=0.0, b=1.0, n=11)
        yield case("two points", a=draw.number(-3.0, -1.0), b=draw.number(1.0, 3.0), n=2)
        yield case("downwards", a=2.0, b=-1.0, n=8)
        yield case("both ends equal", a=1.25, b=1.25, n=4)
        for n in draw.distinct(20, 200, 6):
            yield case("a step that has no exact float", a=draw.number(-1.0, 0.0), b=draw.number(0.1, 1.0), n=n)

    def probe(self, solution, a, b, n):
        return solution.evenly_spaced(a, b, n)


class OnePointIsTheStart(Check):
    """evenly_spaced with n = 1 returns [a]."""

    part = "evenly_spaced"
    calls = "evenly_spaced(a, b, 1)"

    def cases(self, draw: Draw):
        yield dict(a=draw.number(-3.0, -1.0), b=draw.number(1.0, 3.0))

    def probe(self, solution, a, b):
        return solution.evenly_spaced(a, b, 1)


class EndsAreExact(Check):
    """The first element of evenly_spaced is a and the last is b, to the bit, even where |a| is a million times |b|."""

    part = "evenly_spaced"
    calls = "evenly_spaced(a, b, n)"
    compare = False

    def cases(self, draw: Draw):
        for a, b in ((-1e8, 0.3), (1e7, 0.7), (-0.1, draw.number(1.0, 2.0)), (3e6, -draw.number(0.1, 0.9))):
            yield dict(a=a, b=b, n=draw.integer(7, 60))

    def probe(self, solution, a, b, n):
        return solution.evenly_spaced(a, b, n)

    def verify(self, case, got, want):
        expect(tuple(got.shape) == tuple(want.shape), f"the shape is {tuple(got.shape)}, expected {tuple(want.shape)}")
        for place, index, end in (("first", 0, case["a"]), ("last", -1, case["b"])):
            exact = torch.tensor(end, dtype=torch.float32)
            expect(got[index] == exact, f"the {place} element is {float(got[index])!r}, expected {float(exact)!r}")


class IdentityForMatrices(Check):
    """identity_for has ones on the diagonal, N rows whatever stands before them, and x's dtype."""

    part = "identity_for"
    calls = "identity_for(x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 5))
        yield case("a batch of matrices", x=draw.normal(2, 3, 4, 4))
        for dtype in (torch.float64, torch.float16):
            yield case(str(dtype), x=draw.normal(3, 3, dtype=dtype))
        yield case("integers", x=draw.integers(-5, 5, 2, 4, 4))
        yield case("N = 1", x=draw.normal(7, 1, 1))
        yield case("N = 0", x=draw.normal(2, 0, 0))
        yield case("an empty batch", x=draw.normal(0, 3, 3))
        yield case("x requires grad", x=draw.normal(3, 3, requires_grad=True))

    def probe(self, solution, x):
        return solution.identity_for(x)


class IdentityFollowsTheDevice(Check):
    """identity_for lies on x's device."""

    part = "identity_for"
    calls = "identity_for(x) with x on another device"
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 3, 3))

    def probe(self, solution, x):
        return placed(solution.identity_for, x)


class FromRowsOfFloats(Check):
    """from_rows puts row r of the list into row r of a float32 tensor."""

    part = "from_rows"
    calls = "from_rows(rows)"

    def cases(self, draw: Draw):
        yield dict(rows=draw.normal(3, 5).tolist())
        yield case("one row", rows=draw.normal(1, 4).tolist())
        yield case("one column", rows=draw.normal(4, 1).tolist())
        yield case("rows without entries", rows=[[], []])

    def probe(self, solution, rows):
        return solution.from_rows(rows)


class FromRowsOfInts(Check):
    """from_rows gives float32 when every entry is a Python int, and when ints and floats are mixed."""

    part = "from_rows"
    calls = "from_rows(rows)"

    def cases(self, draw: Draw):
        yield case("ints", rows=draw.integers(-50, 50, 4, 3).tolist())
        yield case("ints and floats", rows=[[1, 2.5], [draw.integer(3, 9), -4]])

    def probe(self, solution, rows):
        return solution.from_rows(rows)


class FromRowsOwnsItsMemory(Check):
    """Changing the list after from_rows leaves the tensor unchanged, and from_rows leaves the list unchanged."""

    part = "from_rows"
    calls = "from_rows(rows), then rows[0][0] = 99"

    def cases(self, draw: Draw):
        yield dict(rows=draw.integers(-50, 50, 3, 2).tolist())

    def probe(self, solution, rows):
        own = [list(row) for row in rows]
        tensor = solution.from_rows(own)
        left = [list(row) for row in own]
        for row in own:
            row[0] = 99
        return {"the tensor": tensor, "the list": left}


class BlankLike(Check):
    """blank_like is all zeros in x's shape and in the requested dtype, not in x's."""

    part = "blank_like"
    calls = "blank_like(x, dtype)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5), dtype=torch.float32)
        yield case("float64 from float32", x=draw.normal(2, 3), dtype=torch.float64)
        yield case("int64 from float32", x=draw.normal(2, 1, 3), dtype=torch.int64)
        yield case("float32 from int64", x=draw.integers(1, 9, 4), dtype=torch.float32)
        yield case("bool", x=draw.normal(4), dtype=torch.bool)
        yield case("0-d", x=draw.normal(), dtype=torch.float32)
        yield case("no elements", x=draw.normal(0, 3), dtype=torch.float16)

    def probe(self, solution, x, dtype):
        return solution.blank_like(x, dtype)


class BlankLikeHasNoHistory(Check):
    """blank_like of a tensor that requires grad does not require grad."""

    part = "blank_like"
    calls = "blank_like(x, dtype)"

    def cases(self, draw: Draw):
        for dtype in (torch.float32, torch.float64):
            yield dict(x=draw.normal(3, 2, requires_grad=True), dtype=dtype)

    def probe(self, solution, x, dtype):
        blank = solution.blank_like(x, dtype)
        return {"blank": blank.detach(), "requires_grad": blank.requires_grad}


class BlankLikeOfAnything(Check):
    """blank_like is zero where x holds NaN or infinity."""

    part = "blank_like"
    calls = "blank_like(x, dtype)"

    def cases(self, draw: Draw):
        for value in (float("nan"), float("inf")):
            yield dict(x=draw.spiked(draw.normal(3, 4), value), dtype=torch.float32)

    def probe(self, solution, x, dtype):
        return solution.blank_like(x, dtype)


class BlankLikeFollowsTheDevice(Check):
    """blank_like lies on x's device."""

    part = "blank_like"
    calls = "blank_like(x, dtype) with x on another device"
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 3), dtype=torch.int64)

    def probe(self, solution, x, dtype):
        return placed(solution.blank_like, x, dtype)


class OneHotOfAList(Check):
    """one_hot of (N,) labels has a row of num_classes for every label, int64, with its 1 at the label."""

    part = "one_hot"
    calls = "one_hot(labels, num_classes)"

    def cases(self, draw: Draw):
        yield dict(labels=draw.integers(0, 7, 5), num_classes=7)
        yield case("classes that no label names", labels=draw.integers(0, 3, 11), num_classes=10)
        yield case("first and last class", labels=torch.tensor([0, 4, 4, 0]), num_classes=5)
        yield case("one class", labels=torch.zeros(3, dtype=torch.int64), num_classes=1)
        yield case("no labels", labels=draw.integers(0, 4, 0), num_classes=4)

    def probe(self, solution, labels, num_classes):
        return solution.one_hot(labels, num_classes)


class OneHotOfAnyShape(Check):
    """one_hot takes a 0-d label and tables of labels: the classes become the last dimension, and every row sums to 1."""

    part = "one_hot"
    calls = "one_hot(labels, num_classes)"

    def cases(self, draw: Draw):
        yield case("a 0-d label", labels=draw.integers(0, 5), num_classes=5)
        yield case("a (2, 3) table", labels=draw.integers(0, 5, 2, 3), num_classes=5)
        yield case("four dimensions", labels=draw.integers(0, 4, 2, 1, 3, 2), num_classes=4)
        yield case("a table without rows", labels=draw.integers(0, 4, 0, 3), num_classes=4)

    def probe(self, solution, labels, num_classes):
        return solution.one_hot(labels, num_classes)

    def verify(self, case, got, want):
        expect((got.sum(-1) == 1).all(), f"rows sum to {sorted(set(got.sum(-1).flatten().tolist()))}, expected 1")


class OneHotFollowsTheDevice(Check):
    """one_hot lies on the labels' device."""

    part = "one_hot"
    calls = "one_hot(labels, num_classes) with labels on another device"

    def cases(self, draw: Draw):
        yield dict(labels=draw.integers(0, 5, 2, 3))

    def probe(self, solution, labels):
        return placed(solution.one_hot, labels, 5)


class SeededNormalIsNormal(Check):
    """seeded_normal gives float32 draws of the shape asked for, with mean 0, deviation 1 and the bell's share inside it."""

    part = "seeded_normal"
    calls = "seeded_normal(shape, seed)"
    compare = False

    def cases(self, draw: Draw):
        yield dict(shape=(64, DRAWS // 64), seed=draw.seed())
        for shape in ((), (0, 3), (2, 1, 5)):
            yield dict(shape=shape, seed=draw.seed())

    def probe(self, solution, shape, seed):
        return solution.seeded_normal(shape, seed)

    def verify(self, case, got, want):
        expect(tuple(got.shape) == case["shape"], f"the shape is {tuple(got.shape)}, expected {case['shape']}")
        expect(got.dtype == torch.float32, f"the dtype is {got.dtype}, expected torch.float32")
        if got.numel() < DRAWS:
            return
        # float32 draws hardly ever meet again; a pass through half precision leaves a few hundred values
        different = len(got.unique())
        expect(different > DRAWS - 9, f"only {different} of {DRAWS} draws are different: they were rounded on the way")
        # 6.5 standard errors of 4,096 draws each: a right solution fails with a chance below 1e-9
        mean, deviation, inside = float(got.mean()), float(got.std()), float((got.abs() < 1).float().mean())
        expect(abs(mean) < 0.102, f"the mean of {DRAWS} draws is {mean:.3f}, expected 0")
        expect(abs(deviation - 1) < 0.072, f"the deviation of {DRAWS} draws is {deviation:.3f}, expected 1")
        expect(abs(inside - 0.6827) < 0.048, f"{inside:.1%} of the draws lie within one deviation, expected 68.3%")


class SeededNormalIsRepeatable(Check):
    """Equal seeds give equal draws, whatever the global generator did in between; another seed gives others."""

    part = "seeded_normal"
    calls = "seeded_normal(shape, seed), several times"

    def cases(self, draw: Draw):
        one, other = draw.distinct(0, 10**6, 2)
        yield dict(one=one, other=other)
        yield case("neighbouring seeds, one of them 0", one=0, other=1)

    def probe(self, solution, one, other):
        torch.manual_seed(1)
        first = solution.seeded_normal((3, 4), one).clone()
        torch.manual_seed(2)
        torch.rand(7)
        again = solution.seeded_normal((3, 4), one)
        another = solution.seeded_normal((3, 4), other)
        return {
            "same draws for the same seed": torch.equal(first, again),
            "same draws for another seed": torch.equal(first, another),
        }


class SeededNormalIsPrivate(Check):
    """torch's global generator is in the same state before and after seeded_normal."""

    part = "seeded_normal"
    calls = "torch.get_rng_state() before and after seeded_normal(shape, seed)"

    def cases(self, draw: Draw):
        yield dict(seed=draw.seed())

    def probe(self, solution, seed):
        torch.rand(3)
        before = torch.get_rng_state()
        solution.seeded_normal((3, 4), seed)
        return {"global generator unchanged": torch.equal(before, torch.get_rng_state())}


class CausalMask(Check):
    """causal_mask is (n, n) bool, True on and below the diagonal, also for n = 0 and n = 1."""

    part = "causal_mask"
    calls = "causal_mask(n)"

    def cases(self, draw: Draw):
        for n in (4, draw.integer(5, 12), 1, 0):
            yield dict(n=n)

    def probe(self, solution, n):
        return solution.causal_mask(n)


class CellCoordinates(Check):
    """cell_coordinates lists (row, column) row by row, int64, also for a single row, a single column and empty grids."""

    part = "cell_coordinates"
    calls = "cell_coordinates(h, w)"

    def cases(self, draw: Draw):
        yield dict(h=2, w=3)
        yield dict(h=draw.integer(5, 8), w=draw.integer(2, 4))
        for h, w in ((1, 4), (4, 1), (0, 3), (3, 0)):
            yield dict(h=h, w=w)

    def probe(self, solution, h, w):
        return solution.cell_coordinates(h, w)
