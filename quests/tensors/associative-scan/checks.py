"""Hidden checks of tensors/associative-scan."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, gradients

LINEAR = "linear_scan(a, b, h0)"
CHUNKED = "chunked_scan(a, b, h0, chunk)"
BOTH = "linear_scan and chunked_scan"
SINGLE = Tolerance(relative=1e-4, absolute=1e-4)


def steps(draw, batch, time, width, **options):
    """Factors just below 1 where there are many steps: 4,097 of them shrink a start to about 1e-18, far from underflow."""
    low, high = (0.3, 1.2) if time < 10 else (0.98, 1.0)
    return dict(
        a=draw.uniform(batch, time, width, low=low, high=high, **options),
        b=draw.normal(batch, time, width, **options),
    )


class MatchesTheLoop(Check):
    """linear_scan equals the loop for 2 steps and for 4,097."""

    calls = "linear_scan(a, b)"
    tolerance = SINGLE

    def cases(self, draw: Draw):
        for time in (2, 3, 4, 5, 7, 63, 64, 65):
            yield case(f"T = {time}", **steps(draw, 2, time, 3))
        yield case("T = 4097", **steps(draw, 1, 4097, 2))

    def probe(self, solution, a, b):
        return solution.linear_scan(a, b)


class StartsFromH0(Check):
    """linear_scan begins at h0 when it is given."""

    calls = LINEAR
    tolerance = SINGLE

    def cases(self, draw: Draw):
        for time in (2, 6, 65):
            yield case(f"T = {time}", **steps(draw, 2, time, 3), h0=draw.normal(2, 3, mean=3.0))

    def probe(self, solution, a, b, h0):
        return solution.linear_scan(a, b, h0)


class ChunksOfEverySize(Check):
    """chunked_scan equals the loop for chunks of 1, chunks longer than T, and chunks that do not divide T."""

    calls = "chunked_scan(a, b, chunk=chunk)"
    tolerance = SINGLE

    def cases(self, draw: Draw):
        for time, chunk in ((8, 4), (12, 4), (7, 7), (9, 1), (10, 4), (9, 8), (5, 8), (65, 64), (63, 64), (130, 64)):
            yield case(f"T = {time}, chunk = {chunk}", **steps(draw, 2, time, 3), chunk=chunk)
        yield case("T = 9, chunk = 10**9: not to be padded to", **steps(draw, 2, 9, 3), chunk=10**9)
        yield case("T = 4097, chunk = 64", **steps(draw, 1, 4097, 2), chunk=64)

    def probe(self, solution, a, b, chunk):
        return solution.chunked_scan(a, b, chunk=chunk)


class ChunksStartFromH0(Check):
    """chunked_scan begins at h0 in its first chunk and carries it into the later ones."""

    calls = CHUNKED
    tolerance = SINGLE

    def cases(self, draw: Draw):
        for time, chunk in ((3, 8), (8, 4), (10, 4), (6, 1)):
            start = draw.normal(2, 3, mean=3.0)
            yield case(f"T = {time}, chunk = {chunk}", **steps(draw, 2, time, 3), h0=start, chunk=chunk)
        yield case("T = 130, the default chunk", **steps(draw, 2, 130, 3), h0=draw.normal(2, 3, mean=3.0), chunk=64)

    def probe(self, solution, a, b, h0, chunk):
        return solution.chunked_scan(a, b, h0, chunk)


class NoStepOneStep(Check):
    """T = 0 gives an empty result and T = 1 is a_0 h0 + b_0, in one piece and in chunks."""

    calls = BOTH

    def cases(self, draw: Draw):
        for time in (1, 0):
            yield case(f"T = {time}", **steps(draw, 2, time, 3), h0=None)
            yield case(f"T = {time}, with a start", **steps(draw, 2, time, 3), h0=draw.normal(2, 3))
        yield case("an empty batch", **steps(draw, 0, 5, 3), h0=None)

    def probe(self, solution, a, b, h0):
        return {"linear_scan": solution.linear_scan(a, b, h0), "chunked_scan": solution.chunked_scan(a, b, h0)}


class ZerosSignsAndTinyFactors(Check):
    """Zero factors reset the state, negative ones flip it, and 1e-6 over hundreds of steps brings no inf and no NaN."""

    calls = BOTH
    tolerance = SINGLE

    def cases(self, draw: Draw):
        time = 300
        signs = draw.uniform(2, time, 3, low=-1.0, high=1.0)
        yield case("factors of both signs", a=signs, b=draw.normal(2, time, 3))
        resets = torch.where(draw.booleans(2, time, 3, p=0.1), 0.0, draw.uniform(2, time, 3, low=0.9, high=1.0))
        yield case("exact zeros among factors near 1", a=resets, b=draw.normal(2, time, 3))
        yield case("every factor 1e-6", a=torch.full((2, time, 3), 1e-6), b=draw.normal(2, time, 3))
        yield case("every factor 0", a=torch.zeros(2, time, 3), b=draw.normal(2, time, 3))
        mixed = torch.where(draw.booleans(2, time, 1), 1e-6, draw.uniform(2, time, 3, low=-1.0, high=1.0))
        yield case("1e-6 half of the time", a=mixed, b=draw.normal(2, time, 3))

    def probe(self, solution, a, b):
        h0 = torch.ones_like(b[:, 0])
        return {"linear_scan": solution.linear_scan(a, b, h0), "chunked_scan": solution.chunked_scan(a, b, h0)}


class GradientsMatch(Check):
    """Gradients of a, b and h0 equal the loop's, in one piece and in chunks, at zero factors too."""

    calls = f"{BOTH}, then backward"
    tolerance = SINGLE

    def cases(self, draw: Draw):
        for label, time, zeros in (("T = 6", 6, 0.0), ("T = 37", 37, 0.0), ("T = 12, some factors are 0", 12, 0.3)):
            factors = draw.uniform(2, time, 3, low=0.4, high=1.1)
            factors = torch.where(draw.booleans(2, time, 3, p=zeros), 0.0, factors)
            yield case(
                label,
                a=factors.requires_grad_(),
                b=draw.normal(2, time, 3, requires_grad=True),
                h0=draw.normal(2, 3, requires_grad=True),
            )

    def probe(self, solution, a, b, h0):
        return {
            "linear_scan": gradients(solution.linear_scan(a, b, h0), a=a, b=b, h0=h0),
            "chunked_scan with chunk 5": gradients(solution.chunked_scan(a, b, h0, 5), a=a, b=b, h0=h0),
        }


class HalvesAccumulateInFloat32(Check):
    """bfloat16 and float16 inputs are accumulated in float32 and come back in their dtype."""

    calls = BOTH
    tolerance = Tolerance(relative=5e-3, absolute=5e-3)  # bfloat16 rounds to within 4e-3

    def cases(self, draw: Draw):
        for dtype in (torch.bfloat16, torch.float16):
            # a = 1 and b below 1: a running sum that half precision cannot raise past 256 (bfloat16) or 2048 (float16)
            b = draw.uniform(1, 4000, 2, low=0.5, high=0.9, dtype=dtype)
            yield case(f"{dtype}, a running sum of 4,000 steps", a=torch.ones_like(b), b=b, h0=None)
            a = draw.uniform(2, 200, 3, low=0.9, high=1.0, dtype=dtype)
            yield case(
                f"{dtype}, decaying, with a start",
                a=a,
                b=draw.uniform(2, 200, 3, low=0.5, high=1.5, dtype=dtype),
                h0=draw.normal(2, 3, mean=9.0, dtype=dtype),
            )

    def probe(self, solution, a, b, h0):
        return {"linear_scan": solution.linear_scan(a, b, h0), "chunked_scan": solution.chunked_scan(a, b, h0)}


class DoublesStayDouble(Check):
    """float64 inputs are computed in float64, exact to 1e-10."""

    calls = BOTH
    tolerance = Tolerance(relative=1e-10, absolute=1e-10)

    def cases(self, draw: Draw):
        yield dict(**steps(draw, 2, 70, 3, dtype=torch.float64), h0=draw.normal(2, 3, dtype=torch.float64))

    def probe(self, solution, a, b, h0):
        return {"linear_scan": solution.linear_scan(a, b, h0), "chunked_scan": solution.chunked_scan(a, b, h0)}


class FourThousandSteps(Workload):
    """linear_scan over 4,096 steps."""

    calls = "linear_scan(a, b, h0) at T = 4096"

    def cases(self, draw: Draw, time: int = 4096, width: int = 4):
        yield dict(**steps(draw, 1, time, width), h0=draw.normal(1, width))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, time=5))

    def probe(self, solution, a, b, h0):
        return solution.linear_scan(a, b, h0)


class SixtyFourChunks(FourThousandSteps):
    """chunked_scan over 4,096 steps in chunks of 64."""

    calls = "chunked_scan(a, b, h0) at T = 4096, chunk = 64"

    def probe(self, solution, a, b, h0):
        return solution.chunked_scan(a, b, h0, 64)


class ManyWideSequences(Workload):
    """chunked_scan of eight sequences of 4,096 steps, width 64: a, b and the result hold 8 MiB each."""

    calls = "chunked_scan(a, b) at B = 8, T = 4096, D = 64"
    tolerance = SINGLE

    def cases(self, draw: Draw, time: int = 4096):
        yield steps(draw, 8, time, 64)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, time=70))

    def probe(self, solution, a, b):
        with torch.no_grad():
            return solution.chunked_scan(a, b)


class AgainstTheLoop(Workload):
    """linear_scan of one sequence of 8,192 steps, width 4."""

    calls = "linear_scan(a, b) at B = 1, T = 8192, D = 4"
    tolerance = SINGLE

    def cases(self, draw: Draw, time: int = 8192):
        yield steps(draw, 1, time, 4)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, time=5))

    def probe(self, solution, a, b):
        with torch.no_grad():
            return solution.linear_scan(a, b)


class LargeScan(Workload):
    """linear_scan of 16 sequences of 8,192 steps, width 256: for a GPU."""

    calls = "linear_scan(a, b) at B = 16, T = 8192, D = 256"
    tolerance = Tolerance(relative=1e-3, absolute=1e-3)

    def cases(self, draw: Draw, time: int = 8192):
        yield steps(draw, 16, time, 256)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, time=5))

    def probe(self, solution, a, b):
        with torch.no_grad():
            return solution.linear_scan(a, b)
