"""Hidden checks of tensors/strided-arrays/views."""

import math

import torch

from leveling.checks import Check, Draw, Workload, case, raised


def dense(x):
    """The elements of an NDArray by its attributes alone, in the shape it claims."""
    places = torch.full((1,), x.offset)
    for size, stride in zip(x.shape, x.strides, strict=True):
        places = (places[:, None] + torch.arange(size) * stride).flatten()
    return x.storage[places].reshape(tuple(x.shape))


def of(storage, shape, strides, offset=0):
    from flat_storage import NDArray

    return NDArray(storage, tuple(shape), tuple(strides), offset)


def seen(view, x):
    """What a view is: shape, values, and whether it is one."""
    return {"shape": tuple(view.shape), "values": dense(view), "shares the storage": view.storage is x.storage}


def packed(shape):
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]


class PermutedDimensions(Check):
    """permute puts dimension dims[i] at place i, as a view; dims that are no permutation raise ValueError."""

    calls = "permute(x, dims)"
    truth = False

    def cases(self, draw: Draw):
        shape = [2, 3, 5]
        for dims in ([2, 0, 1], [1, 0, 2], [0, 1, 2], [-1, 0, 1], [0, -1, -2]):
            yield case(f"dims {tuple(dims)}", storage=draw.normal(40), shape=shape, strides=[15, 5, 1], dims=dims)
        yield case("of a reversed view", storage=draw.normal(40), shape=[4, 3], strides=[-3, 1], dims=[1, 0], offset=20)
        yield case("of a single number", storage=draw.normal(4), shape=[], strides=[], dims=[])
        for dims in ([0, 1], [0, 1, 1], [2, 1, 0, 0]):
            yield case(f"dims {tuple(dims)}", storage=draw.normal(40), shape=shape, strides=[15, 5, 1], dims=dims)

    def probe(self, solution, storage, shape, strides, dims, offset=0):
        x = of(storage, shape, strides, offset)
        if len({dim % len(shape) for dim in dims}) != len(shape) or len(dims) != len(shape):
            return raised(solution.permute, x, tuple(dims))["raised"]
        return seen(solution.permute(x, tuple(dims)), x)


class DimensionsOfSizeOne(Check):
    """unsqueeze puts a dimension of size 1 where it is told to, squeeze takes it away again and refuses any other."""

    calls = "squeeze(unsqueeze(x, dim), dim)"
    truth = False

    def cases(self, draw: Draw):
        for dim in (0, 1, 2, -1, -2, -3):
            yield case(f"dim = {dim}", storage=draw.normal(30), shape=[4, 3], strides=[1, -5], offset=15, dim=dim)
        yield case("of a single number", storage=draw.normal(30), shape=[], strides=[], offset=3, dim=0)

    def probe(self, solution, storage, shape, strides, offset, dim):
        x = of(storage, shape, strides, offset)
        wider = solution.unsqueeze(x, dim)
        refused = [raised(solution.squeeze, x, place)["raised"] for place in range(-len(shape), len(shape))]
        return {
            "unsqueeze": seen(wider, x),
            "and back": seen(solution.squeeze(wider, dim), x),
            "squeeze of other sizes raised": refused,
        }


class ExpandedByStrideZero(Check):
    """expand stretches sizes of 1 and adds dimensions in front, with stride 0; other sizes raise ValueError."""

    calls = "expand(x, shape)"
    truth = False

    def cases(self, draw: Draw):
        for shape, strides, target in (
            ([3, 1], [2, 1], [3, 4]),
            ([4], [3], [2, 4]),
            ([1, 3], [1, -1], [5, 3]),
            ([1], [1], [2, 3, 4]),
            ([], [], [2, 2]),
            ([2, 3], [3, 1], [2, 3]),
            ([1, 2, 1], [2, 1, 1], [4, 3, 2, 5]),
            ([1, 3], [3, 1], [0, 3]),
            ([2, 3], [3, 1], [4, 3]),
            ([2, 3], [3, 1], [2, 1]),
            ([2, 3], [3, 1], [3]),
            ([2, 3], [3, 1], [2, 3, 4]),
        ):
            label = f"{tuple(shape)} to {tuple(target)}"
            yield case(label, storage=draw.normal(30), shape=shape, strides=strides, target=target)

    def probe(self, solution, storage, shape, strides, target):
        x = of(storage, shape, strides, 7)
        fits = len(target) >= len(shape)
        fits = fits and all(a in (1, b) for a, b in zip(shape[::-1], target[::-1], strict=False))
        if not fits:
            return raised(solution.expand, x, tuple(target))["raised"]
        view = solution.expand(x, tuple(target))
        new = len(target) - len(shape)
        stretched = [place for place in range(len(target)) if place < new or shape[place - new] != target[place]]
        written = raised(view.__setitem__, ..., 1.0)["raised"] if any(target[place] > 1 for place in stretched) else ""
        return seen(view, x) | {
            "strides of stretched dimensions": [view.strides[place] for place in stretched if target[place] > 1],
            "a write raised": written,
        }


class ContiguousOrItself(Check):
    """contiguous returns the array itself where reading order is memory order, else a row-major copy."""

    calls = "contiguous(x)"
    truth = False

    def cases(self, draw: Draw):
        for label, shape, strides, offset in (
            ("row-major", [2, 3], [3, 1], 0),
            ("row-major with an offset", [2, 3], [3, 1], 5),
            ("transposed", [3, 4], [1, 3], 0),
            ("reversed", [6], [-1], 9),
            ("a stride of 0", [3, 2], [0, 1], 4),
            ("odd strides along sizes of 1", [1, 4, 1], [17, 1, -3], 2),
            ("nothing in it", [0, 3], [1, 2], 0),
            ("a single number", [], [], 3),
            ("rows with a gap", [3, 2], [4, 1], 0),
        ):
            yield case(label, storage=draw.normal(24), shape=shape, strides=strides, offset=offset)

    def probe(self, solution, storage, shape, strides, offset):
        x = of(storage, shape, strides, offset)
        result = solution.contiguous(x)
        walked = [(size, stride) for size, stride in zip(result.shape, result.strides, strict=True) if size > 1]
        return seen(result, x) | {"is x itself": result is x, "sizes and strides": walked, "storage": result.storage}


class ReshapedValues(Check):
    """reshape keeps reading order, whatever the strides; -1 is what is left; other numbers of elements raise."""

    calls = "reshape(x, shape)"
    truth = False

    def cases(self, draw: Draw):
        for label, shape, strides, target in (
            ("row-major", [4, 6], [6, 1], [3, 8]),
            ("transposed", [4, 6], [1, 4], [8, 3]),
            ("with -1", [4, 6], [6, 1], [2, -1, 3]),
            ("transposed, with -1", [4, 6], [1, 4], [-1]),
            ("to a single number", [1, 1], [6, 1], []),
            ("from a single number", [], [], [1, 1]),
            ("nothing in it", [0, 3], [3, 1], [5, 0]),
            ("too many", [4, 6], [6, 1], [5, 5]),
            ("-1 does not divide", [4, 6], [6, 1], [-1, 5]),
            ("-1 twice", [4, 6], [6, 1], [-1, -1]),
        ):
            yield case(label, storage=draw.normal(40), shape=shape, strides=strides, target=target)

    def probe(self, solution, storage, shape, strides, target):
        x = of(storage, shape, strides, 9)
        count, known = math.prod(shape), math.prod(size for size in target if size != -1)
        if target.count(-1) > 1 or (count % known if target.count(-1) else count != known):
            return raised(solution.reshape, x, tuple(target))["raised"]
        view = solution.reshape(x, tuple(target))
        return {"shape": tuple(view.shape), "values": dense(view)}


class ReshapeCopiesOnlyWhenItMust(Check):
    """reshape is a view exactly where strides can say it: also of reversed, stretched and partly contiguous arrays."""

    calls = "reshape(x, shape)"
    truth = False

    def cases(self, draw: Draw):
        for label, shape, strides, target in (
            ("split a transposed dimension", [6, 4], [1, 6], [2, 3, 4]),
            ("merge two that follow each other", [2, 3, 4], [30, 4, 1], [2, 12]),
            ("merge across a gap", [2, 3, 4], [30, 4, 1], [6, 4]),
            ("all of a reversed array", [2, 3], [-3, -1], [6]),
            ("half reversed", [2, 3], [-3, 1], [6]),
            ("split a stretched dimension", [4, 3], [0, 1], [2, 2, 3]),
            ("merge two stretched ones", [2, 4, 3], [0, 0, 1], [8, 3]),
            ("merge a stretched with its row", [4, 3], [0, 1], [12]),
            ("ones in between", [2, 1, 3], [3, 77, 1], [3, 2]),
            ("ones anywhere", [2, 3], [1, 2], [1, 2, 1, 3, 1]),
            ("merge transposed", [2, 3], [1, 2], [6]),
            ("every other element", [5, 2], [4, 2], [10]),
        ):
            yield case(label, storage=draw.normal(90), shape=shape, strides=strides, target=target)
        for _ in range(25):
            shape = [draw.choice((1, 2, 2, 3, 4)) for _ in range(4)]
            order = draw.distinct(0, 3, 4) if draw.integer(0, 1) else [0, 1, 2, 3]
            full = packed([shape[place] for place in order])
            strides = [full[order.index(place)] for place in range(4)]
            count = math.prod(shape)
            first = draw.choice([size for size in range(1, count + 1) if count % size == 0])
            second = draw.choice([size for size in range(1, count // first + 1) if count // first % size == 0])
            target = [first, second, count // first // second]
            label = f"shape {tuple(shape)}, strides {tuple(strides)} to {tuple(target)}"
            yield case(label, storage=draw.normal(300), shape=shape, strides=strides, target=target)

    def probe(self, solution, storage, shape, strides, target):
        x = of(storage, shape, strides, 20)
        view = solution.reshape(x, tuple(target))
        return {"shares the storage": view.storage is x.storage, "values": dense(view)}


class CopiesAreOfTheirOwn(Check):
    """A write to a copy stays there, a write to a view goes through."""

    calls = "reshape(x, shape)[...] = 5"
    truth = False

    def cases(self, draw: Draw):
        for label, strides in (("a view", [4, 1]), ("a copy", [1, 3])):
            yield case(label, storage=draw.normal(12), strides=strides)

    def probe(self, solution, storage, strides):
        x = of(storage.clone(), [3, 4], strides)
        solution.reshape(x, (2, 6))[0, 1] = 5.0
        return dense(x)


class OnlyViews(Workload):
    """permute, squeeze, unsqueeze, expand, and reshapes that are views, of 16 million elements."""

    calls = "permute, squeeze, unsqueeze, expand, contiguous and reshape of 4000 x 4000"

    def cases(self, draw: Draw, rows: int = 4000):
        yield dict(rows=rows, storage=torch.zeros(rows * rows))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=16))

    def probe(self, solution, rows, storage):
        x = of(storage, (rows, rows), (rows, 1))
        turned = solution.permute(x, (1, 0))
        one = solution.unsqueeze(turned, 1)
        wide = solution.expand(one, (rows, 3, rows))
        split = solution.reshape(turned, (4, rows // 4, rows))
        flat = solution.reshape(x, (-1,))
        same = solution.contiguous(x)
        return [tuple(view.shape) for view in (wide, split, flat, same, solution.squeeze(one, 1))]
