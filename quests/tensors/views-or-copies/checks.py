"""Hidden checks of tensors/views-or-copies."""

import math

import torch

from leveling.checks import Check, Draw, case, expect

ROUNDS = 2000
LARGEST = 96  # elements of a drawn tensor: who lists all addresses in Python is slow, and right


def contiguous_strides(shape):
    """Strides of a contiguous tensor."""
    return tuple(math.prod(size for size in shape[dim + 1 :]) for dim in range(len(shape)))


def told(function, shape, strides, new_shape):
    """What `view_strides` returns, with the strides of size-1 dimensions, which are free, left out; or "ValueError"."""
    try:
        found = function(shape, strides, new_shape)
    except ValueError:
        return "ValueError"
    if found is None:
        return "None: only a copy can do it"
    found = list(found)
    known = math.prod(size for size in new_shape if size != -1)
    sizes = [math.prod(shape) // max(known, 1) if size == -1 else size for size in new_shape]
    if len(found) != len(sizes):
        return f"{len(found)} strides for {len(sizes)} dimensions"
    if 0 in sizes:
        return "a view without elements"
    return tuple(
        "free" if size == 1 else stride if type(stride) is int else f"{stride!r}, not an int"
        for size, stride in zip(sizes, found, strict=True)
    )


class Contiguous(Check):
    """is_contiguous is True where the last dimension has stride 1 and each other one spans all that follow."""

    calls = "is_contiguous(shape, strides)"
    truth = False

    def cases(self, draw: Draw):
        for shape, strides in (
            ((2, 3), (3, 1)),
            ((2, 3), (1, 2)),
            ((4, 3, 2), (6, 2, 1)),
            ((4, 3, 2), (6, 1, 3)),
            ((3,), (2,)),
            ((2, 3), (4, 1)),
            ((2, 3), (6, 2)),
            ((2, 3), (0, 1)),
            ((3, 3), (3, 3)),
            ((5,), (1,)),
        ):
            yield dict(shape=shape, strides=strides)

    def probe(self, solution, shape, strides):
        return bool(solution.is_contiguous(shape, strides))


class ContiguousAtSizesOneAndZero(Check):
    """Strides of size-1 dimensions do not matter, and a tensor of no dimensions or no elements is contiguous."""

    calls = "is_contiguous(shape, strides)"
    truth = False

    def cases(self, draw: Draw):
        for shape, strides in (
            ((), ()),
            ((1,), (7,)),
            ((1, 3), (99, 1)),
            ((3, 1), (1, 5)),
            ((2, 1, 3), (3, 0, 1)),
            ((3, 1), (2, 1)),
            ((0,), (5,)),
            ((2, 0, 3), (1, 9, 4)),
        ):
            yield dict(shape=shape, strides=strides)

    def probe(self, solution, shape, strides):
        return bool(solution.is_contiguous(shape, strides))


class ElementOffset(Check):
    """element_offset is the offset plus index times stride, summed over the dimensions."""

    calls = "element_offset(index, strides, offset)"
    truth = False

    def cases(self, draw: Draw):
        for index, strides, offset in (
            ((1, 2), (3, 1), 0),
            ((1, 2), (1, 4), 0),
            ((1, 2), (10, 3), 25),
            ((3, 4), (0, 1), 6),
            ((), (), 11),
            ((0, 0, 0), (6, 2, 1), 5),
        ):
            yield dict(index=index, strides=strides, offset=offset)
        strides = tuple(draw.distinct(2, 40, 4))
        yield dict(index=tuple(draw.distinct(1, 9, 4)), strides=strides, offset=draw.integer(1, 99))

    def probe(self, solution, index, strides, offset):
        return int(solution.element_offset(index, strides, offset))


class ViewsOfContiguous(Check):
    """view_strides of a contiguous tensor merges, splits and regroups dimensions into any shape of as many elements."""

    calls = "view_strides(shape, strides, new_shape)"
    truth = False

    def cases(self, draw: Draw):
        for shape, new_shape in (
            ((2, 3), (6,)),
            ((6,), (2, 3)),
            ((4, 6), (2, 2, 3, 2)),
            ((4, 6), (3, 8)),
            ((2, 3, 4), (2, 12)),
            ((2, 3, 4), (2, 3, 4)),
        ):
            yield dict(shape=shape, strides=contiguous_strides(shape), new_shape=new_shape)

    def probe(self, solution, shape, strides, new_shape):
        return told(solution.view_strides, shape, strides, new_shape)


class ViewsOfViews(Check):
    """view_strides of transposed, sliced and expanded tensors: dimensions that lie one after the other may merge, others not."""

    calls = "view_strides(shape, strides, new_shape)"
    truth = False

    def cases(self, draw: Draw):
        for label, shape, strides, new_shape in (
            ("transposed, merged", (3, 2), (1, 3), (6,)),
            ("transposed, split", (6, 2), (1, 6), (2, 3, 2)),
            ("transposed blocks, the inner two merged", (4, 2, 3), (1, 12, 4), (4, 6)),
            ("transposed blocks, the outer two merged", (4, 2, 3), (1, 12, 4), (8, 3)),
            ("columns cut off", (3, 4), (10, 1), (12,)),
            ("columns cut off, split", (3, 4), (10, 1), (3, 2, 2)),
            ("every second row", (3, 4), (8, 1), (12,)),
            ("every second entry", (3, 4), (8, 2), (12,)),
            ("every second entry, split", (12,), (2,), (3, 4)),
            ("a row repeated", (3, 4), (0, 1), (12,)),
            ("one number repeated twice over", (3, 4), (0, 0), (2, 6)),
            ("split across the border of two blocks", (4, 6), (1, 4), (2, 12)),
            ("equal strides do not merge", (3, 3), (2, 2), (9,)),
        ):
            yield case(label, shape=shape, strides=strides, new_shape=new_shape)

    def probe(self, solution, shape, strides, new_shape):
        return told(solution.view_strides, shape, strides, new_shape)


class SizesOfOneNeverBlock(Check):
    """A size of 1 blocks no view whatever its stride, may be added and dropped anywhere; without elements every view is possible."""

    calls = "view_strides(shape, strides, new_shape)"
    truth = False

    def cases(self, draw: Draw):
        for shape, strides, new_shape in (
            ((2, 1, 3), (3, 99, 1), (6,)),
            ((2, 1, 3), (3, 0, 1), (2, 3)),
            ((1, 6), (5, 1), (2, 3)),
            ((6, 1), (1, 77), (3, 1, 2)),
            ((2, 3), (3, 1), (1, 2, 1, 3, 1)),
            ((3, 2), (1, 3), (3, 1, 2)),
            ((3, 1, 2), (1, 50, 3), (6,)),
            ((1,), (9,), ()),
            ((), (), (1, 1)),
            ((0, 3), (1, 7), (3, 0)),
            ((2, 0), (5, 5), (0,)),
            ((0,), (3,), (4, 0, 2)),
        ):
            yield dict(shape=shape, strides=strides, new_shape=new_shape)

    def probe(self, solution, shape, strides, new_shape):
        return told(solution.view_strides, shape, strides, new_shape)


class InfersMinusOne(Check):
    """One size may be -1; it is inferred from the number of elements."""

    calls = "view_strides(shape, strides, new_shape)"
    truth = False

    def cases(self, draw: Draw):
        for shape, strides, new_shape in (
            ((4, 6), (6, 1), (-1,)),
            ((4, 6), (6, 1), (3, -1)),
            ((4, 6), (6, 1), (-1, 2, 2)),
            ((4, 6), (1, 4), (-1, 6)),
            ((4, 6), (1, 4), (-1,)),
            ((2, 3), (3, 1), (2, -1, 3)),
            ((), (), (-1,)),
            ((0, 3), (3, 1), (-1, 3)),
        ):
            yield dict(shape=shape, strides=strides, new_shape=new_shape)

    def probe(self, solution, shape, strides, new_shape):
        return told(solution.view_strides, shape, strides, new_shape)


class RefusesWrongShapes(Check):
    """A new_shape of another number of elements raises ValueError, as does a -1 that fits no size or any, two of them, and a -2."""

    calls = "view_strides(shape, strides, new_shape)"
    truth = False

    def cases(self, draw: Draw):
        for label, shape, strides, new_shape in (
            ("too few", (2, 3), (3, 1), (2, 2)),
            ("too many", (2, 3), (3, 1), (6, 2)),
            ("a multiple, transposed", (3, 2), (1, 3), (3, 4)),
            ("none for some", (2, 3), (3, 1), (0,)),
            ("some for none", (0, 3), (3, 1), (3,)),
            ("-1 fits no size", (2, 3), (3, 1), (4, -1)),
            ("two of -1", (2, 3), (3, 1), (-1, -1)),
            ("-1 could be any size", (0, 3), (3, 1), (0, -1)),
            ("-1 beside 0 for six elements", (2, 3), (3, 1), (0, -1)),
            ("-2 is no size", (2, 2), (2, 1), (-2, -2)),
        ):
            yield case(label, shape=shape, strides=strides, new_shape=new_shape)

    def probe(self, solution, shape, strides, new_shape):
        return told(solution.view_strides, shape, strides, new_shape)


def drawn_view(draw: Draw):
    """Shape and strides of a small tensor after up to three of: permute, slice with steps, expand, unsqueeze."""
    sizes = [draw.choice((1, 2, 2, 3, 4, 6)) for _ in range(draw.integer(0, 4))]
    if sizes and draw.number() < 0.04:
        sizes[draw.integer(0, len(sizes) - 1)] = 0
    x = torch.zeros(sizes)
    for _ in range(draw.integer(0, 3)):
        kind = draw.choice(("permute", "slice", "expand", "unsqueeze"))
        if kind == "permute":
            x = x.permute(draw.shuffled(range(x.dim())))
        elif kind == "slice" and x.dim():
            dim = draw.integer(0, x.dim() - 1)
            x = x.narrow(dim, 0, x.shape[dim] - draw.integer(0, min(1, x.shape[dim])))
            x = x.transpose(0, dim)[:: draw.choice((1, 2))].transpose(0, dim)
        elif kind == "unsqueeze" and x.dim() < 5:
            x = x.unsqueeze(draw.integer(0, x.dim()))
        elif kind == "expand":
            x = x.expand([draw.choice((1, 2, 3)) if size == 1 else size for size in x.shape])
    return tuple(x.shape), tuple(x.stride())


def drawn_target(draw: Draw, shape):
    """A shape of as many elements: neighbours merged, sizes split, ones dropped and added."""
    sizes = [size for size in shape if size != 1 or draw.number() < 0.5]
    for _ in range(draw.integer(0, 3)):
        place = draw.integer(0, len(sizes))
        kind = draw.choice(("merge", "merge", "split", "one"))
        if kind == "one":
            sizes.insert(place, 1)
        elif kind == "merge":
            sizes[place : place + 2] = [math.prod(sizes[place : place + 2])]
        elif place < len(sizes):
            factors = [factor for factor in (2, 3) if sizes[place] and sizes[place] % factor == 0]
            if factors:
                factor = draw.choice(factors)
                sizes[place : place + 1] = draw.shuffled((factor, sizes[place] // factor))
    if draw.number() < 0.1:
        sizes = draw.shuffled(sizes)
    return tuple(sizes)


def by_torch(shape, strides, new_shape):
    """What `Tensor.view` makes of it, told as `told` tells it."""
    memory = torch.zeros(1 + sum(max(size - 1, 0) * stride for size, stride in zip(shape, strides, strict=True)))
    try:
        found = tuple(memory.as_strided(shape, strides).view(new_shape).stride())
    except RuntimeError:
        found = None
    return told(lambda *_: found, shape, strides, new_shape)


class ThousandsOfViews(Check):
    """view_strides agrees with Tensor.view on 2,000 random views: the same strides, or None where view raises."""

    calls = "view_strides(shape, strides, new_shape) for many views"
    truth = False
    seconds = 30.0

    def cases(self, draw: Draw):
        drawn = []
        while len(drawn) < ROUNDS:
            shape, strides = drawn_view(draw)
            if math.prod(shape) <= LARGEST:
                drawn.append((shape, strides, drawn_target(draw, shape)))
        yield dict(drawn=drawn)

    def probe(self, solution, drawn):
        return {f"view_strides{each}": told(solution.view_strides, *map(tuple, each)) for each in drawn}

    def verify(self, case, got, want):
        for each in case["drawn"]:
            found, expected = got[f"view_strides{each}"], by_torch(*each)
            expect(found == expected, f"view_strides{each} is {found}, torch says {expected}")


class Overlaps(Check):
    """internally_overlaps is True for stride 0 with size > 1 and for strides too small for what they step over."""

    calls = "internally_overlaps(shape, strides)"
    truth = False

    def cases(self, draw: Draw):
        for shape, strides in (
            ((2, 3), (3, 1)),
            ((3, 4), (0, 1)),
            ((3, 3), (1, 1)),
            ((1, 5), (0, 1)),
            ((4, 3), (1, 4)),
            ((4, 3), (2, 1)),
            ((5, 3), (2, 1)),
            ((3, 2), (1, 3)),
            ((3, 2), (1, 2)),
            ((), ()),
            ((1, 1), (0, 0)),
            ((0, 5), (0, 0)),
            ((5, 0), (0, 1)),
            ((2, 3, 2), (6, 2, 1)),
            ((2, 3, 2), (4, 2, 1)),
        ):
            yield case(f"shape {shape}, strides {strides}", shape=shape, strides=strides)

    def probe(self, solution, shape, strides):
        return bool(solution.internally_overlaps(shape, strides))


class DovetailedStrides(Check):
    """internally_overlaps is exact where rows reach into each other without meeting: (2, 3) with strides (3, 2) does not overlap."""

    calls = "internally_overlaps(shape, strides)"
    truth = False

    def cases(self, draw: Draw):
        for shape, strides in (
            ((2, 3), (3, 2)),
            ((3, 3), (3, 2)),
            ((2, 5), (5, 2)),
            ((4, 3), (3, 4)),
            ((5, 4), (3, 4)),
            ((2, 2, 2), (5, 3, 2)),
            ((2, 2, 2), (7, 4, 2)),
        ):
            yield case(f"shape {shape}, strides {strides}", shape=shape, strides=strides)
        a, b = draw.distinct(2, 9, 2)
        for shape in ((b // math.gcd(a, b), 7), (b // math.gcd(a, b) + 1, a // math.gcd(a, b) + 1)):
            yield case(f"shape {shape}, strides {(a, b)}", shape=shape, strides=(a, b))

    def probe(self, solution, shape, strides):
        return bool(solution.internally_overlaps(shape, strides))


class LargeStrides(Check):
    """internally_overlaps answers at once for tensors of gigabytes whose strides settle it."""

    calls = "internally_overlaps(shape, strides)"
    truth = False

    def cases(self, draw: Draw):
        shape = (4096, 64, 8192)
        yield case("contiguous, 2**31 elements", shape=shape, strides=contiguous_strides(shape))
        yield case("permuted", shape=(64, 8192, 4096), strides=(8192, 1, 64 * 8192))
        yield case("a row shown many times", shape=(10**6, 4096), strides=(0, 1))
        yield case("padded rows", shape=(10**5, 30_000), strides=(32_768, 1))

    def probe(self, solution, shape, strides):
        return bool(solution.internally_overlaps(shape, strides))


class SharesElements(Check):
    """shares_elements is True for slices with an element in common, False for dovetailed ones and for other storages."""

    calls = "shares_elements(a, b)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(12))

    def probe(self, solution, x):
        table = x.as_strided((3, 4), (4, 1))
        pairs = {
            "x and x": (x, x),
            "x[::2] and x[1::2]": (x[::2], x[1::2]),
            "x[:3] and x[2:]": (x[:3], x[2:]),
            "x[2:] and x[:3]": (x[2:], x[:3]),
            "x[:3] and x[3:]": (x[:3], x[3:]),
            "x and x.clone()": (x, x.clone()),
            "x[:4] and other[:4]": (x[:4], torch.zeros(12)[:4]),
            "x[::2] and x[::3]": (x[::2], x[::3]),
            "x[1::4] and x[3::4]": (x[1::4], x[3::4]),
            "a row and a column that cross": (table[1], table[:, 2]),
            "two columns": (table[:, 0], table[:, 3]),
            "a corner and its transpose": (table[:2, 1:3], table.t()[2:, :]),
        }
        return {name: bool(solution.shares_elements(a, b)) for name, (a, b) in pairs.items()}


class SharesNothing(Check):
    """shares_elements is False where a tensor is empty, wherever it points; 0-d and stretched tensors are ordinary."""

    calls = "shares_elements(a, b)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(12))

    def probe(self, solution, x):
        pairs = {
            "x and x[3:3]": (x, x[3:3]),
            "x[5:5] and x[5:5]": (x[5:5], x[5:5]),
            "two empty tensors": (torch.zeros(0), torch.zeros(0)),
            "x[4] and x": (x[4], x),
            "x[4] and x[5:]": (x[4], x[5:]),
            "x[4] and x[4]": (x[4], x[4]),
            "x[:1].expand(9) and x[1:]": (x[:1].expand(9), x[1:]),
            "x[2:3].expand(9) and x[1:4]": (x[2:3].expand(9), x[1:4]),
        }
        return {name: bool(solution.shares_elements(a, b)) for name, (a, b) in pairs.items()}


class SharesAcrossDtypes(Check):
    """shares_elements compares memory, not indices: views of one storage in other dtypes count."""

    calls = "shares_elements(a, b)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(12))

    def probe(self, solution, x):
        # float32 entry 6 lies in int16 entries 12 and 13, and in float64 entry 3
        halves, doubles, single = x.view(torch.int16), x.view(torch.float64), x.view(torch.uint8)
        pairs = {
            "x[6:7] and int16 [12:13]": (x[6:7], halves[12:13]),
            "x[6:7] and int16 [13:14]": (x[6:7], halves[13:14]),
            "x[6:7] and int16 [6:7]": (x[6:7], halves[6:7]),
            "x[6:7] and int16 [14:]": (x[6:7], halves[14:]),
            "x[7:8] and float64 [3:4]": (x[7:8], doubles[3:4]),
            "x[8:] and float64 [:4]": (x[8:], doubles[:4]),
            "int16 [1::2] and x": (halves[1::2], x),
            "x[6:7] and its first byte": (x[6:7], single[24:25]),
            "x[6:7] and its last byte": (x[6:7], single[27:28]),
            "x[6:7] and the byte after it": (x[6:7], single[28:29]),
        }
        return {name: bool(solution.shares_elements(a, b)) for name, (a, b) in pairs.items()}


class SharesInAGraph(Check):
    """In a graph memory is what counts: detached tensors, views and what backward keeps share it, results and gradients do not."""

    calls = "shares_elements(a, b), internally_overlaps of a gradient"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 4, requires_grad=True))

    def probe(self, solution, x):
        pairs = {
            "x and x.detach()": (x, x.detach()),
            "x and x.t()": (x, x.t()),
            "x.detach() and x[1:].t()": (x.detach(), x[1:].t()),
            "x and x * 1": (x, x * 1),
            "x and x.clone()": (x, x.clone()),
            "x[0] and x[1].detach()": (x[0], x[1].detach()),
        }
        result, square = x.exp(), x.square()
        (slope,) = torch.autograd.grad(x.sum(), x)
        pairs |= {  # a graph keeps what backward will need: tensors themselves, no copies
            "x.exp() and what its graph keeps": (result, result.grad_fn._saved_result),  # noqa: SLF001 - its name
            "x and what the graph of x.square() keeps": (x[1:], square.grad_fn._saved_self),  # noqa: SLF001 - its name
            "x and its gradient": (x, slope),
        }
        found = {name: bool(solution.shares_elements(a, b)) for name, (a, b) in pairs.items()}
        found["the gradient of x.sum() is one number, expanded"] = bool(
            solution.internally_overlaps(tuple(slope.shape), slope.stride())
        )
        return found
