"""Hidden checks of tensors/pairwise-distances.

Which neighbour is nearest must not hang on rounding: `balanced` points are whole numbers whose mean is exactly 0, so that
products, sums and centring are exact in float32, whatever the method, and ties are ties.
"""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients, kind_raised

PAIRS, NEAREST = "pairwise_sq_dist(a, b)", "nearest(a, b, k, chunk)"


def balanced(draw, count, dims, reach, dtype=torch.float32):
    """(count, dims) whole numbers in [-reach, reach], count even, that sum to 0 in every column."""
    half = draw.integers(-reach, reach + 1, count // 2, dims)
    return torch.cat([half, -half])[draw.permutation(count)].to(dtype)


def true_distances(a, b):
    """(N, M) in float64, term by term."""
    return (a.double()[:, None] - b.double()).square().sum(-1)


class AroundTheOrigin(Check):
    """Equals brute force in float64 to 1e-4 for points around the origin."""

    calls = PAIRS
    tolerance = Tolerance(relative=1e-4, absolute=1e-5)

    def cases(self, draw: Draw):
        for n, m, d in ((7, 11, 5), (30, 20, 64), (5, 5, 5), (3, 8, 1)):
            yield case(f"N = {n}, M = {m}, D = {d}", a=draw.normal(n, d), b=draw.normal(m, d))
        yield case("a and b lie apart", a=draw.normal(6, 3, mean=4.0), b=draw.normal(9, 3, mean=-2.0))
        yield case("float64", a=draw.normal(4, 3, dtype=torch.float64), b=draw.normal(6, 3, dtype=torch.float64))

    def probe(self, solution, a, b):
        return solution.pairwise_sq_dist(a, b)


class SizesZeroAndOne(Check):
    """N = 0 and M = 0 give empty results; one point and one coordinate work."""

    calls = PAIRS
    tolerance = Tolerance(relative=1e-4, absolute=1e-5)

    def cases(self, draw: Draw):
        for n, m, d in ((0, 4, 3), (4, 0, 3), (1, 1, 1), (5, 1, 2), (1, 6, 1)):
            yield case(f"N = {n}, M = {m}, D = {d}", a=draw.normal(n, d), b=draw.normal(m, d))

    def probe(self, solution, a, b):
        return solution.pairwise_sq_dist(a, b)


class FarFromTheOrigin(Check):
    """Points 1e-2 apart around (1000, ..., 1000), D = 64: relative error at most 1e-2 on the same float32 inputs."""

    calls = PAIRS
    compare = False

    def cases(self, draw: Draw):
        for level in (1000.0, -1000.0):
            points = draw.normal(60, 64, mean=level, std=1e-2 / 128**0.5)
            yield case(f"around {level}", a=points[:23], b=points[23:])

    def probe(self, solution, a, b):
        return solution.pairwise_sq_dist(a, b)

    def verify(self, case, got, want):
        truth = true_distances(case["a"], case["b"])
        expect(got.shape == truth.shape, f"the shape is {tuple(got.shape)}, expected {tuple(truth.shape)}")
        expect(bool((got >= 0).all()), f"the smallest squared distance is {float(got.min()):.3g}, below 0")
        error = float(((got - truth).abs() / truth).max())
        expect(
            error <= 1e-2,
            f"the relative error is {error:.3g}, allowed is 1e-2: digits were lost in a difference of large numbers",
        )


class APointAgainstItself(Check):
    """No squared distance is negative; a point against itself gives at most 1e-6 of the largest one."""

    calls = "pairwise_sq_dist(a, a)"
    compare = False

    def cases(self, draw: Draw):
        for level, std in ((0.0, 1.0), (1000.0, 1e-3), (50.0, 1.0)):
            yield case(f"mean {level}, deviation {std}", a=draw.normal(70, 33, mean=level, std=std))

    def probe(self, solution, a):
        return solution.pairwise_sq_dist(a, a.clone())

    def verify(self, case, got, want):
        count = len(case["a"])
        expect(tuple(got.shape) == (count, count), f"the shape is {tuple(got.shape)}, expected {(count, count)}")
        expect(bool((got >= 0).all()), f"the smallest squared distance is {float(got.min()):.3g}, below 0")
        largest, own = float(true_distances(case["a"], case["a"]).max()), float(got.diagonal().max())
        expect(own <= 1e-6 * largest, f"a point is {own:.3g} from itself, allowed is {1e-6 * largest:.3g}")


class GradientsOfDistances(Check):
    """Gradients of a and b equal brute force to 1e-4, without NaN where two points coincide."""

    calls = f"{PAIRS}, then backward"
    tolerance = Tolerance(relative=1e-4, absolute=1e-4)

    def cases(self, draw: Draw):
        yield dict(a=draw.normal(6, 5, requires_grad=True), b=draw.normal(9, 5, requires_grad=True))
        b = draw.normal(8, 3)
        yield case("b[2] is a[0], b[5] is a[1]", a=b[[2, 5, 1]].requires_grad_(), b=b.clone().requires_grad_())

    def probe(self, solution, a, b):
        return gradients(solution.pairwise_sq_dist(a, b), a=a, b=b)


class TheNearestInOrder(Check):
    """nearest gives the k smallest squared distances, ascending, and where in b they stand."""

    calls = NEAREST
    battery = False

    def cases(self, draw: Draw):
        for n, m, d, k in ((6, 30, 3, 4), (14, 20, 2, 1), (4, 12, 3, 7)):
            yield case(f"N = {n}, M = {m}, k = {k}", a=balanced(draw, n, d, 900), b=balanced(draw, m, d, 900), k=k)

    def probe(self, solution, a, b, k):
        distances, indices = solution.nearest(a, b, k)
        return {"distances": distances, "indices": indices}


class TiesByLowerIndex(Check):
    """Of points at the same distance the one that comes first in b is taken first."""

    calls = NEAREST
    battery = False

    def cases(self, draw: Draw):
        for n, m, d, k in ((8, 40, 2, 5), (6, 90, 1, 11), (4, 200, 3, 40)):
            yield case(f"a few places, M = {m}, k = {k}", a=balanced(draw, n, d, 2), b=balanced(draw, m, d, 2), k=k)
        yield case("all points of b are the same", a=balanced(draw, 4, 3, 5), b=torch.zeros(50, 3), k=9)

    def probe(self, solution, a, b, k):
        distances, indices = solution.nearest(a, b, k)
        return {"distances": distances, "indices": indices}


class ChunkChangesNothing(Check):
    """Chunks of 1, 7 and 1024 rows give the same distances and indices, also when they do not divide N."""

    calls = NEAREST
    battery = False

    def cases(self, draw: Draw):
        yield case("whole numbers", a=balanced(draw, 24, 2, 5), b=balanced(draw, 34, 2, 5), k=6)
        yield case("spread out", a=balanced(draw, 30, 3, 500), b=balanced(draw, 16, 3, 500), k=3)

    def probe(self, solution, a, b, k):
        found = {}
        for chunk in (1, 7, 1024):
            distances, indices = solution.nearest(a, b, k, chunk=chunk)
            found |= {f"distances, chunk {chunk}": distances, f"indices, chunk {chunk}": indices}
        return found


class SmallSearches(Check):
    """N = 0, M = 1, D = 1 and k = M work; distances keep the dtype, indices are int64."""

    calls = NEAREST
    battery = False

    def cases(self, draw: Draw):
        for n, m, d, k in ((0, 4, 3, 2), (4, 1, 3, 1), (2, 6, 1, 6), (0, 1, 1, 1), (2, 2, 2, 2)):
            b = balanced(draw, m, d, 50) if m > 1 else torch.zeros(1, d)
            yield case(f"N = {n}, M = {m}, D = {d}, k = {k}", a=balanced(draw, n, d, 50), b=b, k=k)
        a, b = (balanced(draw, count, 2, 50, torch.float64) for count in (4, 6))
        yield case("float64", a=a, b=b, k=3)

    def probe(self, solution, a, b, k):
        distances, indices = solution.nearest(a, b, k, 3)
        return {"distances": distances, "indices": indices, "dtypes": [str(distances.dtype), str(indices.dtype)]}


class MoreThanThereAre(Check):
    """k larger than M, or below 1, raises ValueError."""

    calls = NEAREST
    battery = False

    def cases(self, draw: Draw):
        for m, k in ((4, 5), (1, 2), (3, 0)):
            yield case(f"M = {m}, k = {k}", a=draw.normal(3, 2), b=draw.normal(m, 2), k=k)

    def probe(self, solution, a, b, k):
        return kind_raised(ValueError, solution.nearest, a, b, k)


class NearestFarFromTheOrigin(Check):
    """nearest holds around (1000, ..., 1000) too: distances to 1e-2, and no point is passed over for a farther one."""

    calls = NEAREST
    compare = False

    def cases(self, draw: Draw):
        points = draw.normal(90, 16, mean=1000.0, std=2e-3)
        yield dict(a=points[:31], b=points[31:], k=4)

    def probe(self, solution, a, b, k):
        distances, indices = solution.nearest(a, b, k, 10)
        return {"distances": distances, "indices": indices}

    def verify(self, case, got, want):
        truth = true_distances(case["a"], case["b"])
        best = truth.topk(case["k"], largest=False).values
        expect(
            got["indices"].shape == best.shape,
            f"the shape is {tuple(got['indices'].shape)}, expected {tuple(best.shape)}",
        )
        error = float(((got["distances"] - best).abs() / best).max())
        expect(error <= 1e-2, f"the relative error of the distances is {error:.3g}, allowed is 1e-2")
        excess = float((truth.gather(1, got["indices"]) / best).max()) - 1
        expect(excess <= 1e-2, f"a chosen neighbour is {excess:.1%} farther (squared) than the true one, allowed is 1%")


class GradientsOfTheNearest(Check):
    """Gradients of the nearest distances reach a and the chosen points of b."""

    calls = f"{NEAREST}, then backward"
    tolerance = Tolerance(relative=1e-4, absolute=1e-3)
    battery = False

    def cases(self, draw: Draw):
        a, b = balanced(draw, 6, 3, 9), balanced(draw, 12, 3, 9)
        yield dict(a=a.requires_grad_(), b=b.requires_grad_(), k=2)

    def probe(self, solution, a, b, k):
        return gradients(solution.nearest(a, b, k, 4)[0], a=a, b=b)


class AllPairs(Workload):
    """2,000 by 2,000 points of 64 coordinates: the result takes 15 MiB, the differences would take 977."""

    calls = "pairwise_sq_dist(a, b) at N = M = 2000, D = 64"

    def cases(self, draw: Draw, count: int = 2000):
        yield dict(a=draw.normal(count, 64), b=draw.normal(count, 64))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=9))

    def probe(self, solution, a, b):
        with torch.no_grad():
            return solution.pairwise_sq_dist(a, b)[::7, ::11].clone()


class InChunks(Workload):
    """The 5 nearest of 5,000 points for 3,000 points, 256 at a time."""

    calls = "nearest(a, b, 5, chunk=256) at N = 3000, M = 5000"
    compare = False

    def cases(self, draw: Draw, n: int = 3000, m: int = 5000):
        yield dict(a=draw.normal(n, 8), b=draw.normal(m, 8))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, n=7, m=9))

    def probe(self, solution, a, b):
        with torch.no_grad():
            return solution.nearest(a, b, 5, chunk=256)[0]


class ManyTables(Workload):
    """Twenty tables of 450 by 450 distances, D = 64."""

    calls = "pairwise_sq_dist(a, b) at N = M = 450, D = 64, twenty times"

    def cases(self, draw: Draw, count: int = 450):
        yield dict(a=draw.normal(count, 64), b=draw.normal(count, 64))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=9))

    def probe(self, solution, a, b):
        with torch.no_grad():
            for _ in range(20):
                out = solution.pairwise_sq_dist(a, b)
            return out
