"""Hidden checks of autograd/derivatives-by-hand."""

import torch

from leveling.checks import Check, Draw, Tolerance, case, expect

EXACT = Tolerance(absolute=1e-10, relative=1e-10)
CLOSE = Tolerance(absolute=2e-6, relative=2e-6)
TAKES = ("sigmoid", "tanh", "rational", "softplus")


def points(draw, *shape):
    """Both signs, dense near 0 where the curves bend, in float64."""
    return draw.normal(*shape, std=2.0, dtype=torch.float64)


class AtFloat64Points:
    """What the checks of one function share: the points, and 1e-10."""

    tolerance = EXACT

    def cases(self, draw: Draw):
        yield case("three numbers", x=torch.tensor([-2.0, 0.5, 1.0], dtype=torch.float64))
        yield case("at zero", x=torch.zeros(1, dtype=torch.float64))
        yield case("a grid of both signs", x=points(draw, 5, 7))


class SigmoidByHand(AtFloat64Points, Check):
    """sigmoid_and_slope gives 1 / (1 + e^-x) and its derivative to 1e-10 in float64."""

    part = "sigmoid_and_slope"
    calls = "sigmoid_and_slope(x)"

    def probe(self, solution, x):
        value, slope = solution.sigmoid_and_slope(x)
        return {"value": value, "slope": slope}


class TanhByHand(AtFloat64Points, Check):
    """tanh_and_slope gives tanh x and its derivative to 1e-10 in float64."""

    part = "tanh_and_slope"
    calls = "tanh_and_slope(x)"

    def probe(self, solution, x):
        value, slope = solution.tanh_and_slope(x)
        return {"value": value, "slope": slope}


class RationalByHand(AtFloat64Points, Check):
    """rational_and_slope gives (x^2 - 1) / (x^2 + 1) and its derivative to 1e-10 in float64."""

    part = "rational_and_slope"
    calls = "rational_and_slope(x)"

    def probe(self, solution, x):
        value, slope = solution.rational_and_slope(x)
        return {"value": value, "slope": slope}


class SoftplusByHand(AtFloat64Points, Check):
    """softplus_and_slope gives log(1 + e^x) and its derivative to 1e-10 in float64."""

    part = "softplus_and_slope"
    calls = "softplus_and_slope(x)"

    def probe(self, solution, x):
        value, slope = solution.softplus_and_slope(x)
        return {"value": value, "slope": slope}


class GaussianByHand(Check):
    """gaussian_and_slope gives the density and its derivatives by x, mu and sigma to 1e-10 in float64."""

    part = "gaussian_and_slope"
    calls = "gaussian_and_slope(x, mu, sigma)"
    tolerance = EXACT

    def cases(self, draw: Draw):
        yield case("the standard normal", x=points(draw, 7), mu=0.0, sigma=1.0)
        yield case(
            "numbers for mu and sigma", x=points(draw, 3, 5), mu=draw.number(-1.0, 1.0), sigma=draw.number(0.4, 2.5)
        )

    def probe(self, solution, x, mu, sigma):
        density, by_x, by_mu, by_sigma = solution.gaussian_and_slope(x, mu, sigma)
        return {"density": density, "d/dx": by_x, "d/dmu": by_mu, "d/dsigma": by_sigma}


class GaussianBroadcasts(Check):
    """mu and sigma may be tensors; density and all three slopes have the broadcast shape, with nothing summed."""

    part = "gaussian_and_slope"
    calls = "gaussian_and_slope(x, mu, sigma)"
    tolerance = EXACT

    def cases(self, draw: Draw):
        def spread(*shape):
            return draw.uniform(*shape, low=0.5, high=2.0, dtype=torch.float64)

        yield case("five curves on seven points", x=points(draw, 7), mu=points(draw, 5, 1), sigma=spread(5, 1))
        yield case("mu along rows, sigma along columns", x=points(draw, 1), mu=points(draw, 3, 1), sigma=spread(4))
        yield case("one sigma tensor of shape ()", x=points(draw, 2, 3), mu=points(draw, 3), sigma=spread())

    def probe(self, solution, x, mu, sigma):
        density, by_x, by_mu, by_sigma = solution.gaussian_and_slope(x, mu, sigma)
        return {"density": density, "d/dx": by_x, "d/dmu": by_mu, "d/dsigma": by_sigma}


class FarFromZero(Check):
    """At +-100 and +-1e4 in float32 every value and slope is finite and right."""

    calls = "every ..._and_slope(x)"
    tolerance = CLOSE
    battery = False

    def cases(self, draw: Draw):
        for size in (100.0, 1e4):
            yield case(f"x = +-{size:g}", x=torch.tensor([size, -size, 0.0]))

    def probe(self, solution, x):
        found = {}
        for name in TAKES:
            value, slope = getattr(solution, f"{name}_and_slope")(x)
            found[f"{name} value"], found[f"{name} slope"] = value, slope
        density, by_x, by_mu, by_sigma = solution.gaussian_and_slope(x, 0.5, 2.0)
        return {**found, "density": density, "d/dx": by_x, "d/dmu": by_mu, "d/dsigma": by_sigma}


class EmptyAndSingle(Check):
    """Shape () and size 0 go in and come out unchanged, and float32 stays float32."""

    calls = "every ..._and_slope(x)"
    tolerance = CLOSE
    battery = False

    def cases(self, draw: Draw):
        yield case("shape ()", x=draw.normal())
        yield case("size 0", x=draw.normal(0))
        yield case("shape (3, 0, 2)", x=draw.normal(3, 0, 2))

    def probe(self, solution, x):
        found = {name: list(getattr(solution, f"{name}_and_slope")(x)) for name in TAKES}
        return {**found, "gaussian": list(solution.gaussian_and_slope(x, 0.5, 2.0))}


def cubic(x):
    return x**3 / 3 + torch.sin(x)


def slope_of_cubic(x):
    return x * x + torch.cos(x)


class CompareFindsTheError(Check):
    """compare reports the planted error of a wrong slope exactly, whatever its sign and place."""

    part = "compare"
    calls = "compare(f, slope, x), where slope is wrong at one point"
    tolerance = EXACT

    def cases(self, draw: Draw):
        for label, sign in (("a slope too large", 1.0), ("a slope too small", -1.0)):
            error = torch.zeros(4, 3, dtype=torch.float64)
            error[draw.integer(0, 3), draw.integer(0, 2)] = sign * draw.number(0.01, 2.0)
            yield case(label, x=points(draw, 4, 3), error=error)
        yield case("a right slope", x=points(draw, 4, 3), error=torch.zeros(4, 3, dtype=torch.float64))
        yield case("a small error", x=points(draw, 3), error=torch.tensor([0.0, 3e-7, -2e-7], dtype=torch.float64))

    def probe(self, solution, x, error):
        return solution.compare(cubic, lambda point: slope_of_cubic(point) + error, x)


class CompareOnEveryShape(Check):
    """compare gives a tensor of shape (): for x of shape () and for an empty x, where it is 0; a NaN is not hidden."""

    part = "compare"
    calls = "compare(f, slope, x)"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("shape ()", x=draw.normal(dtype=torch.float64), error=0.25)
        yield case("size 0", x=draw.normal(0, dtype=torch.float64), error=0.25)
        yield case("float32", x=draw.normal(5), error=0.25)
        yield case("the slope is NaN at one point", x=torch.tensor([0.5, -1.0, 2.0]), error=float("nan"))

    def probe(self, solution, x, error):
        return solution.compare(cubic, lambda point: slope_of_cubic(point) + torch.where(point > 1, error, 0.25), x)


class CompareLeavesNoTrace(Check):
    """compare leaves x, its .grad and its requires_grad alone, and works where gradients are switched off."""

    part = "compare"
    calls = "compare(f, slope, x)"
    compare = False

    def cases(self, draw: Draw):
        yield case("x requires grad", x=draw.normal(5, dtype=torch.float64, requires_grad=True), off=False)
        yield case("x does not", x=points(draw, 5), off=False)
        yield case("inside torch.no_grad()", x=points(draw, 5), off=True)

    def probe(self, solution, x, off):
        before = x.requires_grad
        with torch.set_grad_enabled(not off):
            gap = solution.compare(cubic, lambda point: slope_of_cubic(point) - 0.5, x)
        return {"gap": float(gap), "grad": x.grad is not None, "flag": x.requires_grad == before}

    def verify(self, case, got, want):
        expect(abs(got["gap"] - 0.5) < 1e-10, f"reported {got['gap']:.6g}, but the slope is wrong by 0.5 everywhere")
        expect(not got["grad"], "x.grad was filled; differentiate at a leaf of your own, x.detach().requires_grad_()")
        expect(got["flag"], "x.requires_grad was changed")


class OwnSlopesAgree(Check):
    """Your own compare finds nothing worse than 1e-10 in your own slopes."""

    calls = "compare(f, slope, x) on your own functions"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=points(draw, 11))

    def probe(self, solution, x):
        found = {}
        for name in TAKES:
            both = getattr(solution, f"{name}_and_slope")
            found[name] = float(
                solution.compare(lambda point, f=both: f(point)[0], lambda point, f=both: f(point)[1], x)
            )
        return found

    def verify(self, case, got, want):
        for name, gap in got.items():
            expect(gap < 1e-10, f"compare on {name}_and_slope gives {gap:.3g}, expected less than 1e-10")
