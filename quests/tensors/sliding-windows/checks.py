"""Hidden checks of tensors/sliding-windows."""

import torch

from leveling.checks import Check, Draw, Workload, case, gradients, kind_raised, shares_memory

WINDOWS, MEDIAN = "windows(x, size, step, dim)", "median_filter(x, size)"


def laid_out(x, layout):
    """The values of x (R, C) as seen through another label: transposed, cut out of the middle, every other column."""
    return {
        "contiguous": lambda: x,
        "transposed": lambda: x.T,
        "rows from the third on": lambda: x[2:],
        "every other column": lambda: x[:, ::2],
        "transposed and cut": lambda: x.T[1:, 3:],
        "expanded": lambda: x[:1].expand(4, -1),
    }[layout]()


class WindowsOfASeries(Check):
    """windows of a series of T values are its (T - size) // step + 1 slices of length size."""

    calls = "windows(x, size, step)"

    def cases(self, draw: Draw):
        for length, size, step in (
            (11, 4, 1),
            (11, 4, 3),
            (13, 3, 2),
            (17, 2, 5),
            (7, 1, 1),
            (7, 1, 3),
            (5, 5, 1),
            (9, 8, 4),
        ):
            yield case(f"T = {length}, size {size}, step {step}", x=draw.normal(length), size=size, step=step)
        yield case("int64", x=draw.integers(-99, 99, 10), size=3, step=2)

    def probe(self, solution, x, size, step):
        return solution.windows(x, size, step)


class AnyDimension(Check):
    """dim becomes the number of the window, negative dim counts from the end, and size comes last."""

    calls = WINDOWS

    def cases(self, draw: Draw):
        for dim in (0, 1, 2, -1, -2, -3):
            yield case(f"dim {dim} of (5, 7, 11)", x=draw.normal(5, 7, 11), size=4, step=1, dim=dim)
        yield case("step 2, dim 1 of (3, 10)", x=draw.normal(3, 10), size=3, step=2, dim=1)
        yield case("step 2, dim 0 of (10, 3, 2, 1)", x=draw.normal(10, 3, 2, 1), size=3, step=2, dim=0)

    def probe(self, solution, x, size, step, dim):
        return solution.windows(x, size, step, dim)


class DefaultsAreStepOneAndTheLastDimension(Check):
    """windows(x, size) moves by one along the last dimension."""

    calls = "windows(x, size)"

    def cases(self, draw: Draw):
        yield case("x (3, 7)", x=draw.normal(3, 7), size=3)

    def probe(self, solution, x, size):
        return {
            "windows(x, size)": solution.windows(x, size),
            "windows(x, size, dim=0)": solution.windows(x, size, dim=0),
        }


class AnyLayout(Check):
    """The values are right for transposed, strided and expanded x, whose neighbours do not lie side by side."""

    calls = WINDOWS

    def cases(self, draw: Draw):
        for layout in ("transposed", "expanded", "every other column"):
            for dim in (0, 1):
                yield case(f"{layout}, dim {dim}", x=draw.normal(7, 10), layout=layout, size=3, step=1, dim=dim)

    def probe(self, solution, x, layout, size, step, dim):
        return solution.windows(laid_out(x, layout), size, step, dim)


class SlicesStartWhereTheyStart(Check):
    """Windows of a slice begin at the slice, not at the start of the storage it was cut from."""

    calls = WINDOWS

    def cases(self, draw: Draw):
        for layout in ("rows from the third on", "transposed and cut"):
            for dim in (0, 1):
                yield case(f"{layout}, dim {dim}", x=draw.normal(7, 9), layout=layout, size=2, step=2, dim=dim)

    def probe(self, solution, x, layout, size, step, dim):
        return solution.windows(laid_out(x, layout), size, step, dim)


class WindowsAreAView(Check):
    """The result lies in x's storage with the strides that Tensor.unfold would give it; writes show in both."""

    calls = WINDOWS
    battery = False

    def cases(self, draw: Draw):
        for layout in ("contiguous", "transposed", "rows from the third on", "transposed and cut", "expanded"):
            for dim in (0, 1):
                yield case(f"{layout}, dim {dim}", x=draw.normal(7, 9), layout=layout, size=2, step=3, dim=dim)

    def probe(self, solution, x, layout, size, step, dim):
        own = x.clone()
        seen = laid_out(own, layout)
        out = solution.windows(seen, size, step, dim)
        own += 1.0
        after = out.clone()
        if layout != "expanded":
            out[0, 0, 0] = 99.0
        return {
            "shape": tuple(out.shape),
            "in x's storage": shares_memory(out, own),
            "strides": out.stride(),
            "storage offset": out.storage_offset(),
            "the windows after x += 1": after,
            "x after a write to the first window": own,
        }


class ShortSeries(Check):
    """size larger than T raises ValueError; size equal to T gives one window; size may exceed the other dimensions."""

    calls = WINDOWS
    battery = False

    def cases(self, draw: Draw):
        yield case("T = 4", x=draw.normal(4), sizes=[5, 9], dim=0)
        yield case("dim 0 of (3, 8)", x=draw.normal(3, 8), sizes=[4, 5], dim=0)
        yield case("dim -1 of (8, 3)", x=draw.normal(8, 3), sizes=[4, 8], dim=-1)
        yield case("T = 0", x=draw.normal(0), sizes=[1], dim=0)

    def probe(self, solution, x, sizes, dim):
        found = {f"size {size} raises": kind_raised(ValueError, solution.windows, x, size, 1, dim) for size in sizes}
        return found | {"size = T": solution.windows(x, x.shape[dim], 2, dim) if len(x) else x}


class NothingBesideTheWindows(Check):
    """Other dimensions of size 0 and 1 stay what they are."""

    calls = WINDOWS

    def cases(self, draw: Draw):
        yield case("x (0, 6)", x=draw.normal(0, 6), size=3, step=1, dim=1)
        yield case("x (6, 0)", x=draw.normal(6, 0), size=2, step=2, dim=0)
        yield case("x (1, 6, 1)", x=draw.normal(1, 6, 1), size=3, step=2, dim=1)

    def probe(self, solution, x, size, step, dim):
        return solution.windows(x, size, step, dim)


class GradientsCountTheWindows(Check):
    """The gradient of the sum over all windows is the number of windows that cover each element."""

    calls = "windows(x, size, step, dim).sum().backward()"

    def cases(self, draw: Draw):
        for layout in ("contiguous", "transposed", "rows from the third on"):
            x = draw.normal(7, 9, requires_grad=True)
            yield case(f"{layout}, size 3, step 2", x=x, layout=layout, size=3, step=2, dim=0)
        yield case(
            "size 4, step 1", x=draw.normal(6, 10, requires_grad=True), layout="contiguous", size=4, step=1, dim=1
        )

    def probe(self, solution, x, layout, size, step, dim):
        out = solution.windows(laid_out(x, layout), size, step, dim)
        return {"of the sum": gradients(out.sum(), keep=True, x=x), "of a weighted sum": gradients(out, x=x)}


class MediansOfASeries(Check):
    """median_filter gives the median of the size values around each entry."""

    calls = MEDIAN

    def cases(self, draw: Draw):
        for length, size in ((12, 3), (15, 5), (9, 9)):
            yield case(f"T = {length}, size {size}", x=draw.normal(length), size=size)
        yield case("one spike of 1e6", x=draw.spiked(draw.normal(14), 1.0e6), size=3)

    def probe(self, solution, x, size):
        half = size // 2
        return solution.median_filter(x, size)[half : len(x) - half]


class EdgesAreRepeated(Check):
    """Beyond its ends the series goes on with its end values."""

    calls = MEDIAN

    def cases(self, draw: Draw):
        yield case("values around 50", x=draw.normal(11, mean=50.0), size=5)
        yield case("values around -50", x=draw.normal(11, mean=-50.0), size=7)
        yield case("rising", x=draw.uniform(9, low=0.5, high=1.5).cumsum(0), size=5)

    def probe(self, solution, x, size):
        return solution.median_filter(x, size)


class WindowsLongerThanTheSeries(Check):
    """size 1 returns the values themselves; size may be larger than T; T may be 1 or 0."""

    calls = MEDIAN

    def cases(self, draw: Draw):
        for length, size in ((8, 1), (4, 7), (3, 5), (4, 31), (1, 3), (1, 1), (2, 3), (0, 1), (0, 5)):
            yield case(f"T = {length}, size {size}", x=draw.normal(length, mean=3.0), size=size)
        for sign in (1, -1):  # in this order a narrower window gives other medians at five places
            ranks = [6, 4, 3, *draw.shuffled([0, 1, 2]), 5]
            yield case("T = 7, size 15", x=sign * draw.normal(7).sort().values[ranks], size=15)

    def probe(self, solution, x, size):
        return solution.median_filter(x, size)


class NoNumberIsInvented(Check):
    """Every entry of the result occurs in x: no NaN appears, infinities are ordinary values, integers stay integers."""

    calls = MEDIAN

    def cases(self, draw: Draw):
        x = draw.normal(13)
        x[0] = x[3] = float("inf")
        x[5] = x[12] = float("-inf")
        yield case("infinities, also at both ends", x=x, size=3)
        yield case("infinities, size 9", x=x, size=9)
        yield case("int64 above 2**53", x=draw.integers(2**60, 2**60 + 50, 12), size=5)

    def probe(self, solution, x, size):
        return solution.median_filter(x, size)


class EvenSizesAreRefused(Check):
    """median_filter of even size raises ValueError."""

    calls = MEDIAN
    battery = False

    def cases(self, draw: Draw):
        for size in (2, 8):
            yield dict(x=draw.normal(6), size=size)

    def probe(self, solution, x, size):
        return kind_raised(ValueError, solution.median_filter, x, size)


class GradientReachesTheMedian(Check):
    """The gradient of each filtered entry reaches the entry of x that was the median."""

    calls = "median_filter(x, size), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(12, requires_grad=True), size=5)

    def probe(self, solution, x, size):
        return gradients(solution.median_filter(x, size), x=x)


class WideWindows(Workload):
    """Windows of 512 over 12 million values: materialised they would be 24 GiB."""

    calls = "windows(x, 512, 4) at T = 12000000"

    def cases(self, draw: Draw, length: int = 12_000_000):
        yield dict(x=draw.uniform(length), length=length)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, length=2000))

    def probe(self, solution, x, length):
        out = solution.windows(x, 512, 4)
        return out.shape[0], out[-1, -1]


class LongSeries(Workload):
    """The medians of 10,000 values."""

    calls = "median_filter(x, 7) at T = 10000"

    def cases(self, draw: Draw, length: int = 10_000):
        yield dict(x=draw.normal(length))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, length=20))

    def probe(self, solution, x):
        return solution.median_filter(x, 7)
