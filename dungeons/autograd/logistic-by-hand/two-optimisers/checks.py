"""Hidden checks of floor 3 of autograd/logistic-by-hand."""

import math

import torch

from leveling.checks import Check, Draw, Tolerance, case, expect

DOUBLE = torch.float64
GD = "gradient_descent(x, y, l2, rate, max_iter, tol, start)"
NEWTON = "newton(x, y, l2, max_iter, tol, start)"


def overlapping(draw: Draw, n: int, f: int, dtype=DOUBLE):
    """Rows whose labels follow a logistic rule in part only: 2 of 5 are drawn by a coin, so that no line separates them."""
    x = draw.normal(n, f, mean=0.3, dtype=dtype)
    rule = x @ draw.normal(f, dtype=dtype) > 0.2
    return dict(x=x, y=torch.where(draw.permutation(n) * 5 < 2 * n, draw.permutation(n) % 2 == 0, rule).to(dtype))


def separable(draw: Draw, n: int = 30):
    """Two features, classes on the two sides of a line, with a gap between them."""
    x = draw.normal(n, 2, dtype=DOUBLE)
    direction = torch.tensor([0.8, 0.6], dtype=DOUBLE) * draw.choice([-1.0, 1.0])
    x = x + torch.where(x @ direction > 0, 0.4, -0.4)[:, None] * direction
    return dict(x=x, y=(x @ direction > 0).to(DOUBLE))


def norm_at(x, y, l2, w, b) -> float:
    """Length of the gradient of the objective, by the judge's own formula."""
    x, y, w, b = (each.to(DOUBLE) for each in (x, y, w, b))
    residual = torch.sigmoid(x @ w + b) - y
    by_w = x.T @ residual / len(x) + l2 * w
    return math.hypot(float(by_w.norm()), float(residual.mean()))


def expect_honest(case, fit) -> None:
    """The norm that was returned belongs to the point that was returned."""
    true = norm_at(case["x"], case["y"], case.get("l2", 0.0), fit["w"], fit["b"])
    expect(bool(torch.isfinite(fit["w"]).all()) and bool(torch.isfinite(fit["b"])), "w or b is not finite")
    close = abs(true - fit["norm"]) <= 1e-9 + 1e-6 * true
    expect(close, f"'norm' says {fit['norm']:.3g}; at the returned w and b the gradient's length is {true:.3g}")


def expect_converged(case, fit, tol: float, most: int) -> None:
    """A good point, found within `most` steps, and said to be one."""
    expect_honest(case, fit)
    expect(fit["converged"] and fit["norm"] <= tol, f"after {fit['steps']} steps the norm is {fit['norm']:.3g}")
    expect(fit["steps"] <= most, f"{fit['steps']} steps, at most {most} expected")


class StepsOfGradientDescent(Check):
    """gradient_descent makes steps of `rate` from zero and says where it ended, after how many, and how steep it is there."""

    calls = GD

    def cases(self, draw: Draw):
        for steps in (1, 3):
            yield case(f"{steps} steps", **overlapping(draw, 11, 3), l2=0.3, rate=0.5, max_iter=steps, tol=0.0)
        yield case("float32", **overlapping(draw, 7, 2, torch.float32), l2=0.0, rate=0.7, max_iter=4, tol=0.0)

    def probe(self, solution, **given):
        return solution.gradient_descent(**given)


class RateThatCannotOvershoot(Check):
    """Without a rate the step is 1 / L, L the largest eigenvalue that the Hessian has anywhere: the one where p = 1/2."""

    calls = "gradient_descent(x, y, l2, max_iter=3, tol=0)"

    def cases(self, draw: Draw):
        for l2 in (0.0, 2.0):
            yield case(f"l2 = {l2}", **overlapping(draw, 13, 3), l2=l2, max_iter=3, tol=0.0)

    def probe(self, solution, **given):
        return solution.gradient_descent(**given)


def stopping(draw: Draw):
    """What ends a loop: the gradient, the count, or that there is nothing to do."""
    yield case("tol = 0.02", **overlapping(draw, 17, 2), l2=0.5, tol=0.02, max_iter=200)
    yield case("max_iter = 0", **overlapping(draw, 9, 2), l2=0.5, tol=1e-6, max_iter=0)
    yield case("tol = 100: the origin will do", **overlapping(draw, 9, 2), l2=0.5, tol=100.0, max_iter=200)
    even = torch.tensor([[1.0, 2.0], [1.0, 2.0], [-3.0, 1.0], [-3.0, 1.0]], dtype=DOUBLE)
    both = torch.tensor([0.0, 1.0, 1.0, 0.0], dtype=DOUBLE)
    yield case("a gradient of exactly 0, and tol = 0", x=even, y=both, l2=0.5, tol=0.0, max_iter=200)
    start = draw.normal(2, mean=1.0, dtype=DOUBLE), draw.normal(dtype=DOUBLE)
    yield case("2 steps from a start", **overlapping(draw, 9, 2), l2=0.5, tol=1e-13, max_iter=2, start=start)


class StoppingRule(Check):
    """gradient_descent ends as soon as the gradient is at most tol long, and after max_iter steps at the latest."""

    calls = "gradient_descent(x, y, l2, tol, max_iter, start)"
    battery = False

    def cases(self, draw: Draw):
        yield from stopping(draw)

    def probe(self, solution, **given):
        return solution.gradient_descent(**given)


class NewtonStopsToo(Check):
    """newton follows the same rule: no step where none is needed or allowed, and a norm that belongs to its point."""

    calls = "newton(x, y, l2, tol, max_iter, start)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield from stopping(draw)

    def probe(self, solution, **given):
        return solution.newton(**given)

    def verify(self, case, got, want):
        expect_honest(case, got)
        tol, most = case["tol"], case["max_iter"]
        reached = got["norm"] <= tol
        expect(got["converged"] == reached, f"'converged' is {got['converged']} at a norm of {got['norm']:.3g}")
        expect(reached or got["steps"] == most, f"it stopped after {got['steps']} of {most} steps, not converged")
        expect(got["steps"] <= most, f"it made {got['steps']} steps, at most {most} expected")
        origin = norm_at(case["x"], case["y"], case["l2"], torch.zeros(2), torch.zeros(()))
        expect(origin > tol or got["steps"] == 0, f"it made {got['steps']} steps from a point that was good enough")


class NewtonInAFewSteps(Check):
    """newton reaches a gradient of length 1e-8 in at most 12 steps."""

    calls = NEWTON
    compare = False

    def cases(self, draw: Draw):
        yield case("60 rows, 3 features", **overlapping(draw, 60, 3), l2=0.0)
        yield case("l2 = 0.1", **overlapping(draw, 40, 5), l2=0.1)
        tied = overlapping(draw, 60, 3)
        tied["x"] = tied["x"] @ (torch.eye(3, dtype=DOUBLE) * 0.05 + 1.0)
        yield case("features that go together", **tied, l2=0.0)
        uneven = overlapping(draw, 60, 3)
        uneven["x"] = uneven["x"] * torch.tensor([1.0, 100.0, 0.01], dtype=DOUBLE)
        yield case("features in unequal units", **uneven, l2=0.0)

    def probe(self, solution, **given):
        return solution.newton(**given)

    def verify(self, case, got, want):
        expect_converged(case, got, 1e-8, 12)


class NewtonWithAFlatDirection(Check):
    """Two equal columns and no penalty: the Hessian has no inverse, and newton converges all the same."""

    calls = NEWTON
    compare = False

    def cases(self, draw: Draw):
        flat = overlapping(draw, 40, 2)
        flat["x"] = flat["x"][:, [0, 1, 0]].contiguous()
        yield case("columns 0 and 2 are equal", **flat, l2=0.0)
        empty = overlapping(draw, 40, 3)
        empty["x"][:, 1] = 0.0
        yield case("a column of zeros", **empty, l2=0.0)

    def probe(self, solution, **given):
        return solution.newton(**given)

    def verify(self, case, got, want):
        expect_converged(case, got, 1e-8, 20)
        size = float(got["w"].abs().max())
        expect(size < 1e4, f"a weight has the size {size:.3g}: a flat direction needs no step at all")


class NewtonFromABadStart(Check):
    """From a start where every row is confidently wrong newton still finds its way, in at most 50 steps."""

    calls = NEWTON
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for size in (8.0, 15.0):
            rows = overlapping(draw, 30, 2)
            against = (0.5 - rows["y"]) @ rows["x"]
            start = size * against / against.norm(), torch.tensor(1.5 * size, dtype=DOUBLE)
            yield case(f"a start of length {size}", **rows, l2=0.01, start=start)

    def probe(self, solution, **given):
        return solution.newton(**given)

    def verify(self, case, got, want):
        expect_converged(case, got, 1e-8, 50)


class SeparableWithAPenalty(Check):
    """Separable data with l2 > 0: both converge."""

    calls = "gradient_descent and newton(x, y, l2)"
    compare = False

    def cases(self, draw: Draw):
        yield dict(**separable(draw), l2=0.05)

    def probe(self, solution, x, y, l2):
        return {
            "gradient_descent": solution.gradient_descent(x, y, l2, max_iter=3000),
            "newton": solution.newton(x, y, l2),
        }

    def verify(self, case, got, want):
        expect_converged(case, got["gradient_descent"], 1e-6, 3000)
        expect_converged(case, got["newton"], 1e-8, 20)


class SeparableWithoutAPenalty(Check):
    """Separable data with l2 = 0: the best w is infinitely long; both stop at max_iter, with finite numbers."""

    calls = "gradient_descent and newton(x, y, max_iter)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield case("60 steps, and 8 of newton", **separable(draw), newton_steps=8, tol=1e-8)
        yield case("60 steps, and 60 of newton with tol = 0", **separable(draw), newton_steps=60, tol=0.0)

    def probe(self, solution, x, y, newton_steps, tol):
        return {
            "gradient_descent": solution.gradient_descent(x, y, max_iter=60),
            "newton": solution.newton(x, y, max_iter=newton_steps, tol=tol),
        }

    def verify(self, case, got, want):
        for name, most in (("gradient_descent", 60), ("newton", case["newton_steps"])):
            fit = got[name]
            expect_honest(case, fit)
            expect(fit["steps"] == most, f"{name} made {fit['steps']} steps, {most} expected")
            expect(not fit["converged"], f"{name} says that it converged, at a norm of {fit['norm']:.3g}")


class AsManyAsTheSignatureSays(Check):
    """Without max_iter gradient_descent makes 1000 steps at most, and newton 50."""

    calls = "gradient_descent and newton(x, y, tol=0)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(**separable(draw, 10))

    def probe(self, solution, x, y):
        return {
            "gradient_descent": solution.gradient_descent(x, y, tol=0.0)["steps"],
            "newton": solution.newton(x, y, tol=0.0)["steps"],
        }

    def verify(self, case, got, want):
        for name, most in (("gradient_descent", 1000), ("newton", 50)):
            expect(got[name] == most, f"{name} made {got[name]} steps, {most} expected")


class InSinglePrecision(Check):
    """newton keeps float32, and reaches 1e-4 there."""

    calls = "newton(x, y, l2, tol=1e-4) in float32"
    tolerance = Tolerance(relative=1e-3, absolute=1e-3)
    battery = False

    def cases(self, draw: Draw):
        yield dict(**overlapping(draw, 40, 3, torch.float32), l2=0.1, tol=1e-4)

    def probe(self, solution, **given):
        fit = solution.newton(**given)
        return {"w": fit["w"], "b": fit["b"], "converged": fit["converged"]}
