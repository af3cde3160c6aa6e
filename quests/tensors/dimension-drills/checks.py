"""Hidden checks of tensors/dimension-drills.

Sizes are equal in some cases, so that a wrong order of dimensions keeps its shape and must be seen in the numbers.
"""

import torch

from leveling.checks import Check, Draw, Workload, case, expect, gradients, shares_memory


class AddBatch(Check):
    """add_batch puts a dimension of size 1 in front, for any rank, as a view of x."""

    part = "add_batch"
    calls = "add_batch(x)"

    def cases(self, draw: Draw):
        for shape in ((3, 5), (4,), (), (2, 3, 4), (0, 3)):
            yield case(f"x of shape {shape}", x=draw.normal(*shape))
        yield case("transposed, not contiguous", x=draw.normal(5, 3).t())
        yield case("integers", x=draw.integers(-9, 9, 3, 4))

    def probe(self, solution, x):
        out = solution.add_batch(x)
        return {"result": out, "shares x's memory": shares_memory(out, x)}


class DropSingletons(Check):
    """drop_singletons removes the dimensions of size 1 and no others."""

    part = "drop_singletons"
    calls = "drop_singletons(x)"

    def cases(self, draw: Draw):
        for shape in ((3, 1, 5), (2, 4, 1, 3, 1), (3, 4), (2, 0, 1), (5, 1), (4, 1, 1)):
            yield case(f"x of shape {shape}", x=draw.normal(*shape))
        yield case("permuted, not contiguous", x=draw.normal(3, 1, 4, 2).permute(2, 1, 3, 0))

    def probe(self, solution, x):
        return solution.drop_singletons(x)


class BatchOfOneStays(Check):
    """drop_singletons keeps a batch of one: (1, 1, 5) becomes (1, 5)."""

    part = "drop_singletons"
    calls = "drop_singletons(x)"

    def cases(self, draw: Draw):
        for shape in ((1, 1, 5), (1, 4), (1, 1, 1), (1,), (0, 1, 3)):
            yield case(f"x of shape {shape}", x=draw.normal(*shape))

    def probe(self, solution, x):
        return solution.drop_singletons(x)


class ToChannelsFirst(Check):
    """to_channels_first moves the last dimension to place 1, values with it."""

    part = "to_channels_first"
    calls = "to_channels_first(x)"

    def cases(self, draw: Draw):
        for label, shape in (
            ("H = W = C", (2, 3, 3, 3)),
            ("", (2, 4, 5, 3)),
            ("B = 1, one channel", (1, 4, 5, 1)),
            ("B = 0", (0, 2, 3, 4)),
        ):
            yield case(label, x=draw.normal(*shape))
        yield case("permuted, not contiguous", x=draw.normal(3, 2, 5, 4).permute(1, 3, 2, 0))

    def probe(self, solution, x):
        return solution.to_channels_first(x)


class ChannelsFirstInMemory(Check):
    """to_channels_first returns a contiguous tensor, whatever x is."""

    part = "to_channels_first"
    calls = "to_channels_first(x).is_contiguous()"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 4, 5, 3))
        yield case("x is a permuted view", x=draw.normal(3, 2, 5, 4).permute(1, 3, 2, 0))

    def probe(self, solution, x):
        return {"contiguous": solution.to_channels_first(x).is_contiguous()}


class SplitHeads(Check):
    """split_heads gives head h the entries h*d .. (h+1)*d of every position."""

    part = "split_heads"
    calls = "split_heads(x, heads)"

    def cases(self, draw: Draw):
        for label, shape, heads in (
            ("T = heads", (2, 3, 6), 3),
            ("", (2, 5, 12), 4),
            ("one head", (3, 4, 6), 1),
            ("heads = D", (2, 3, 4), 4),
            ("B = 1", (1, 5, 6), 2),
            ("T = 1", (2, 1, 6), 2),
            ("T = 0", (2, 0, 6), 3),
        ):
            yield case(label, x=draw.normal(*shape), heads=heads)
        yield case("transposed, not contiguous", x=draw.normal(2, 6, 5).transpose(1, 2), heads=3)

    def probe(self, solution, x, heads):
        return solution.split_heads(x, heads)


class MergeHeads(Check):
    """merge_heads lays the heads of each position side by side."""

    part = "merge_heads"
    calls = "merge_heads(x)"

    def cases(self, draw: Draw):
        for label, shape in (
            ("heads = T", (2, 3, 3, 4)),
            ("", (2, 4, 5, 3)),
            ("one head", (3, 1, 4, 6)),
            ("d = 1", (2, 4, 3, 1)),
            ("B = 1", (1, 2, 5, 3)),
            ("T = 1", (2, 3, 1, 2)),
            ("T = 0", (2, 3, 0, 2)),
        ):
            yield case(label, x=draw.normal(*shape))
        yield case("permuted, not contiguous", x=draw.normal(2, 5, 3, 4).transpose(1, 2))

    def probe(self, solution, x):
        return solution.merge_heads(x)


class SplitAndMergeAreInverse(Check):
    """merge_heads(split_heads(x, h)) is x, entry by entry, for h = 1, 2 and D."""

    part = "merge_heads"
    calls = "merge_heads(split_heads(x, heads))"

    def cases(self, draw: Draw):
        for heads in (1, 2, 6):
            yield case(f"heads = {heads}", x=draw.normal(2, 5, 6), heads=heads)

    def probe(self, solution, x, heads):
        batch, length, width = x.shape
        # the split is made here, so that merge_heads is judged alone
        return solution.merge_heads(x.view(batch, length, heads, width // heads).transpose(1, 2))

    def verify(self, case, got, want):
        expect(torch.equal(got, case["x"]), "what was split and merged again is not x")


class RepeatEachRow(Check):
    """repeat_each_row repeats row by row, r0, r0, r1, r1, not the whole table."""

    part = "repeat_each_row"
    calls = "repeat_each_row(x, n)"

    def cases(self, draw: Draw):
        for label, shape, n in (
            ("", (3, 4), 2),
            ("n = R", (3, 2), 3),
            ("n = 1", (3, 4), 1),
            ("one row", (1, 3), 4),
            ("one column", (4, 1), 3),
            ("n = 0", (3, 4), 0),
            ("R = 0", (0, 3), 2),
        ):
            yield case(label, x=draw.normal(*shape), n=n)
        yield case("transposed, not contiguous", x=draw.normal(5, 3).t(), n=2)
        yield case("integers", x=draw.integers(-9, 9, 3, 2), n=3)

    def probe(self, solution, x, n):
        return solution.repeat_each_row(x, n)


class TileBatch(Check):
    """tile_batch shows x n times, for any rank, n = 1 and n = 0 included."""

    part = "tile_batch"
    calls = "tile_batch(x, n)"

    def cases(self, draw: Draw):
        for shape, n in (((3, 5), 4), ((4,), 4), ((), 3), ((2, 3), 1), ((3, 2), 0), ((0, 3), 2), ((1, 3), 5)):
            yield case(f"x of shape {shape}, n = {n}", x=draw.normal(*shape), n=n)
        yield case("transposed, not contiguous", x=draw.normal(5, 3).t(), n=2)

    def probe(self, solution, x, n):
        return solution.tile_batch(x, n)


class TilesShareOneMemory(Check):
    """tile_batch copies nothing: a later change of x shows in every tile."""

    part = "tile_batch"
    calls = "tile_batch(x, n)"
    changes = ("x",)

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 4), n=5)
        yield case("n = 1", x=draw.normal(3, 4), n=1)

    def probe(self, solution, x, n):
        tiles = solution.tile_batch(x, n)
        x[1, 2] = 99.0
        return {"x[1, 2] in every tile": tiles[:, 1, 2].clone(), "shares x's memory": shares_memory(tiles, x)}


class FlattenFrom(Check):
    """flatten_from merges dim and all later dimensions, counted from the front or from the end."""

    part = "flatten_from"
    calls = "flatten_from(x, dim)"

    def cases(self, draw: Draw):
        for shape, dim in (
            ((2, 3, 4, 5), 1),
            ((2, 3, 4, 5), 2),
            ((2, 3, 4), 0),
            ((2, 3, 4), 2),
            ((2, 3, 4, 5), -2),
            ((2, 3, 4, 5), -1),
            ((2, 3, 4), -3),
            ((5,), 0),
            ((1, 3, 1), 1),
        ):
            yield case(f"x of shape {shape}, dim = {dim}", x=draw.normal(*shape), dim=dim)
        yield case("permuted, not contiguous", x=draw.normal(4, 3, 2).permute(2, 0, 1), dim=1)

    def probe(self, solution, x, dim):
        return solution.flatten_from(x, dim)


class FlattenOfNothing(Check):
    """flatten_from of a tensor without elements keeps the leading sizes and merges the rest: (0, 3, 4) gives (0, 12)."""

    part = "flatten_from"
    calls = "flatten_from(x, dim)"

    def cases(self, draw: Draw):
        for shape, dim in (((0, 3, 4), 1), ((0, 3, 4), -2), ((2, 0, 4), 1), ((0, 3, 4), 0), ((0, 0, 5), 2)):
            yield case(f"x of shape {shape}, dim = {dim}", x=draw.normal(*shape), dim=dim)

    def probe(self, solution, x, dim):
        return solution.flatten_from(x, dim)


class Interleave(Check):
    """interleave deals a and b in turn, a first, for N = 1 and N = 0 too, in the dtype of its inputs."""

    part = "interleave"
    calls = "interleave(a, b)"

    def cases(self, draw: Draw):
        for n in (4, 2, 1, 0, 7):
            yield case(f"N = {n}", a=draw.normal(n), b=draw.normal(n))
        yield case(
            "every second entry of a longer tensor, not contiguous", a=draw.normal(8)[::2], b=draw.normal(8)[1::2]
        )
        yield case("integers", a=draw.integers(-9, 9, 3), b=draw.integers(-9, 9, 3))

    def probe(self, solution, a, b):
        return solution.interleave(a, b)


class PatchesOfAnIndexTable(Check):
    """to_patches of an image filled with its own flat index lists patches row by row, each in (C, p, p) order."""

    part = "to_patches"
    calls = "to_patches(image, p)"

    def cases(self, draw: Draw):
        for label, c, h, w, p in (
            ("one channel", 1, 4, 6, 2),
            ("three channels", 3, 4, 6, 2),
            ("H = W", 3, 6, 6, 3),
            ("C = p", 2, 4, 8, 2),
            ("p = H = W", 2, 3, 3, 3),
            ("p = 1", 3, 2, 4, 1),
        ):
            image = torch.arange(float(c * h * w)).view(c, h, w)
            yield case(f"{label}: {c} x {h} x {w}, p = {p}", image=image, p=p)

    def probe(self, solution, image, p):
        return solution.to_patches(image, p)


class PatchesOfAnyImage(Check):
    """to_patches takes permuted images and any dtype."""

    part = "to_patches"
    calls = "to_patches(image, p)"

    def cases(self, draw: Draw):
        yield case("channels last in memory, not contiguous", image=draw.normal(4, 6, 3).permute(2, 0, 1), p=2)
        yield case("integers", image=draw.integers(0, 255, 2, 4, 6), p=2)

    def probe(self, solution, image, p):
        return solution.to_patches(image, p)


class AddBatchGradients(Check):
    """Gradients go back through add_batch."""

    part = "add_batch"
    calls = "add_batch(x), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.add_batch(x), x=x)


class DropSingletonsGradients(Check):
    """Gradients go back through drop_singletons."""

    part = "drop_singletons"
    calls = "drop_singletons(x), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 1, 5, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.drop_singletons(x), x=x)


class ToChannelsFirstGradients(Check):
    """Gradients go back through to_channels_first."""

    part = "to_channels_first"
    calls = "to_channels_first(x), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 4, 5, 3, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.to_channels_first(x), x=x)


class SplitHeadsGradients(Check):
    """Gradients go back through split_heads."""

    part = "split_heads"
    calls = "split_heads(x, 3), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 5, 6, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.split_heads(x, 3), x=x)


class MergeHeadsGradients(Check):
    """Gradients go back through merge_heads."""

    part = "merge_heads"
    calls = "merge_heads(x), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 3, 5, 2, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.merge_heads(x), x=x)


class RepeatEachRowGradients(Check):
    """The gradients of all copies of a row are summed by repeat_each_row's backward."""

    part = "repeat_each_row"
    calls = "repeat_each_row(x, 3), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 5, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.repeat_each_row(x, 3), x=x)


class TileBatchGradients(Check):
    """The gradients of all tiles are summed by tile_batch's backward."""

    part = "tile_batch"
    calls = "tile_batch(x, 4), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 3, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.tile_batch(x, 4), x=x)


class FlattenFromGradients(Check):
    """Gradients go back through flatten_from."""

    part = "flatten_from"
    calls = "flatten_from(x, 1), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 3, 4, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.flatten_from(x, 1), x=x)


class InterleaveGradients(Check):
    """Gradients go back through interleave, each to its own input."""

    part = "interleave"
    calls = "interleave(a, b), then backward"

    def cases(self, draw: Draw):
        yield dict(a=draw.normal(5, requires_grad=True), b=draw.normal(5, requires_grad=True))

    def probe(self, solution, a, b):
        return gradients(solution.interleave(a, b), a=a, b=b)


class ToPatchesGradients(Check):
    """Gradients go back through to_patches."""

    part = "to_patches"
    calls = "to_patches(image, 2), then backward"

    def cases(self, draw: Draw):
        yield dict(image=draw.normal(3, 4, 6, requires_grad=True))

    def probe(self, solution, image):
        return gradients(solution.to_patches(image, 2), image=image)


class AtSize(Workload):
    """Each function at sizes at which a loop shows."""

    calls = "each function on larger tensors"

    def cases(self, draw: Draw):
        x = draw.normal(24, 20)
        for name, arguments in (
            ("add_batch", [x]),
            ("drop_singletons", [draw.normal(24, 1, 20, 1, 1, 1, 2)]),
            ("to_channels_first", [draw.normal(20, 12, 10, 24)]),
            ("split_heads", [draw.normal(20, 30, 48), 24]),
            ("merge_heads", [draw.normal(20, 24, 30, 2)]),
            ("repeat_each_row", [x, 25]),
            ("tile_batch", [x, 25]),
            ("flatten_from", [draw.normal(2, 3, 4, 5, 2, 3), 1]),
            ("interleave", [draw.normal(40), draw.normal(40)]),
            ("to_patches", [draw.normal(3, 40, 60), 4]),
        ):
            yield case(name, name=name, arguments=arguments)

    def probe(self, solution, name, arguments):
        return getattr(solution, name)(*arguments)


class ViewsOfMuch(Workload):
    """add_batch and tile_batch of 32 MiB: neither may take memory."""

    calls = "add_batch(x) and tile_batch(x, 6) of 32 MiB"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4096, 2048))

    def warm_up(self, draw: Draw):
        return dict(x=draw.normal(4, 3))

    def probe(self, solution, x):
        # one row of each is all that goes back to the judge
        return solution.add_batch(x)[0, :1], solution.tile_batch(x, 6)[3, :1]
