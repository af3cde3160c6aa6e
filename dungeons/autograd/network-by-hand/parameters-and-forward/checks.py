"""Hidden checks of floor 1 of autograd/network-by-hand."""

import itertools
import math

import torch

from leveling.checks import Check, Draw, case, expect


def network(draw: Draw, *sizes: int, dtype=torch.float32):
    """Parameters with nothing zero, biases included."""
    params = {}
    for k, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes), 1):
        params[f"w{k}"] = draw.normal(fan_out, fan_in, dtype=dtype)
        params[f"b{k}"] = draw.normal(fan_out, dtype=dtype)
    return params


class NamesAndShapes(Check):
    """init gives w1, b1, w2, b2, ... in this order, with shapes (fan_out, fan_in) and (fan_out,), in float32."""

    calls = "init(sizes, seed)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for sizes in ((5, 3, 2), (7, 4), (2, 9, 4, 1)):
            yield case(f"sizes {sizes}", sizes=list(sizes), seed=draw.seed())

    def probe(self, solution, sizes, seed):
        params = solution.init(sizes, seed)
        return [(name, tuple(value.shape), str(value.dtype)) for name, value in params.items()]

    def verify(self, case, got, want):
        expect(list(map(tuple, got)) == list(map(tuple, want)), f"the parameters are {got}, expected {want}")


class ScaleOfTheWeights(Check):
    """The weights of every layer have mean 0 and standard deviation sqrt(2 / fan_in); the biases are 0.

    With n weights the deviation scatters by 1 / sqrt(2 n), relative: 6 times that is passed with probability 2e-9.
    """

    calls = "init(sizes, seed)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(sizes=[120, 250, 90], seed=draw.seed())

    def probe(self, solution, sizes, seed):
        return solution.init(sizes, seed)

    def verify(self, case, got, want):
        for k, fan_in in enumerate(case["sizes"][:-1], 1):
            w, expected = got[f"w{k}"].double(), math.sqrt(2 / fan_in)
            n = w.numel()
            std, mean = float(w.std()), float(w.mean())
            close = abs(std / expected - 1) <= 6 / math.sqrt(2 * n)
            expect(close, f"the standard deviation of w{k} is {std:.4f}, expected {expected:.4f}")
            expect(abs(mean) <= 6 * expected / math.sqrt(n), f"the mean of w{k} is {mean:.4f}, expected 0")
            expect(not got[f"b{k}"].any(), f"b{k} is not zero")


class ShapeOfTheDistribution(Check):
    """The weights are normal: some lie beyond 2.5 standard deviations, and half of them within 0.6745.

    Of 52,500 normals 652 are expected beyond 2.5; fewer than 400 or more than 950 come with probability below 1e-20.
    """

    calls = "init(sizes, seed)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(sizes=[120, 250, 90], seed=draw.seed())

    def probe(self, solution, sizes, seed):
        return solution.init(sizes, seed)

    def verify(self, case, got, want):
        sizes = case["sizes"]
        units = torch.cat([(got[f"w{k}"] / math.sqrt(2 / sizes[k - 1])).flatten() for k in (1, 2)]).abs()
        far, near = int((units > 2.5).sum()), float((units < 0.6745).float().mean())
        expect(
            400 <= far <= 950, f"{far} of {len(units)} weights lie beyond 2.5 standard deviations, about 650 expected"
        )
        others = len(got["w1"].unique())
        expect(
            others > 0.9 * got["w1"].numel(),
            f"the {got['w1'].numel()} weights of w1 have only {others} different values: they went through half precision",
        )
        expect(0.48 <= near <= 0.52, f"a share of {near:.3f} lies within 0.6745 standard deviations, expected 0.5")


class LayersAreIndependent(Check):
    """Another seed gives other numbers, the same seed the same, and no layer begins like another."""

    calls = "init(sizes, seed), three times"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        first, second = draw.distinct(0, 10_000, 2)
        yield dict(sizes=[6, 6, 6, 6], first=first, second=second)

    def probe(self, solution, sizes, first, second):
        return [solution.init(sizes, seed) for seed in (first, first, second)]

    def verify(self, case, got, want):
        one, again, other = got
        expect(all(torch.equal(one[name], again[name]) for name in one), "the same seed gave other numbers")
        expect(not torch.equal(one["w1"], other["w1"]), "two seeds gave the same w1")
        for a, b in (("w1", "w2"), ("w2", "w3")):
            expect(not torch.allclose(one[a], one[b]), f"{a} and {b} hold the same numbers")


class GlobalRandomState(Check):
    """init leaves the global random numbers as they were, and does not depend on them."""

    calls = "init(sizes, seed), with torch.rand before and after"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(seed=draw.integer(0, 9999))

    def probe(self, solution, seed):
        before = torch.get_rng_state()
        one = solution.init([4, 3, 2], seed)
        untouched = torch.equal(before, torch.get_rng_state())
        torch.rand(3)
        again = solution.init([4, 3, 2], seed)
        return {"untouched": untouched, "same": all(torch.equal(one[name], again[name]) for name in one)}

    def verify(self, case, got, want):
        expect(got["untouched"], "torch's global random state was changed by init")
        expect(got["same"], "after a torch.rand elsewhere the same seed gives other parameters")


class LogitsOfTheNetwork(Check):
    """forward is the affine layers with relu between them, and nothing after the last."""

    calls = "forward(params, x)"

    def cases(self, draw: Draw):
        for sizes in ((5, 7, 3), (4, 2), (3, 5, 6, 1)):
            yield case(f"sizes {sizes}", params=network(draw, *sizes), x=draw.normal(11, sizes[0]))
        yield case(
            "float64", params=network(draw, 3, 4, 2, dtype=torch.float64), x=draw.normal(5, 3, dtype=torch.float64)
        )

    def probe(self, solution, params, x):
        return solution.forward(params, x)[0]


class BatchesOfOneAndNone(Check):
    """One row gives (1, K), no rows give (0, K)."""

    calls = "forward(params, x)"

    def cases(self, draw: Draw):
        for rows in (1, 0):
            yield case(f"{rows} rows", params=network(draw, 4, 6, 3), x=draw.normal(rows, 4))
        yield case("one row, one output", params=network(draw, 4, 6, 1), x=draw.normal(1, 4))

    def probe(self, solution, params, x):
        return solution.forward(params, x)[0]


class InputsOfEveryLayer(Check):
    """The second result lists what each layer was given: x, then the activations."""

    calls = "forward(params, x)"

    def cases(self, draw: Draw):
        for sizes in ((5, 7, 3), (4, 2), (3, 5, 6, 1)):
            yield case(f"sizes {sizes}", params=network(draw, *sizes), x=draw.normal(6, sizes[0]))

    def probe(self, solution, params, x):
        return list(solution.forward(params, x)[1])
