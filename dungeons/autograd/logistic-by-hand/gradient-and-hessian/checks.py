"""Hidden checks of floor 2 of autograd/logistic-by-hand."""

import torch
from torch.nn import functional

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect

DOUBLE = torch.float64
SINGLE = Tolerance(relative=1e-5, absolute=1e-6)  # p (1 - p) with 1 - p rounded, and sums in any order


def problem(draw: Draw, n: int, f: int, dtype=torch.float32, **more):
    """Rows, labels with both classes, and parameters for which the scores are neither all small nor all large."""
    labels = (draw.permutation(n) < (n + 1) // 2).to(dtype)
    x = draw.normal(n, f, mean=0.3, dtype=dtype)
    return dict(x=x, y=labels, w=draw.normal(f, dtype=dtype), b=draw.normal(mean=0.4, dtype=dtype), **more)


def counts(draw: Draw, n: int, dtype=torch.float32):
    """Weights of unequal size, two of them 0."""
    weights = draw.uniform(n, low=0.2, high=3.0, dtype=dtype)
    weights[1] = weights[3] = 0.0
    return weights


class ObjectiveOfTheData(Check):
    """objective is the mean loss, with half of l2 times the squared length of w added."""

    calls = "objective(x, y, w, b, l2)"
    tolerance = SINGLE

    def cases(self, draw: Draw):
        yield case("no penalty", **problem(draw, 11, 3), l2=0.0)
        yield case("l2 = 0.7", **problem(draw, 11, 3), l2=0.7)
        yield case("one row, one feature", **problem(draw, 1, 1), l2=0.3)

    def probe(self, solution, **given):
        return solution.objective(**given)


class GradientByHand(Check):
    """gradient is (by w (F,), by b ()) and is that of the mean."""

    calls = "gradient(x, y, w, b)"
    tolerance = SINGLE

    def cases(self, draw: Draw):
        yield case("11 rows, 3 features", **problem(draw, 11, 3))
        yield case("2 rows, 7 features", **problem(draw, 2, 7))
        yield case("one row, one feature", **problem(draw, 1, 1))
        soft = problem(draw, 5, 2)
        yield case("soft labels", **{**soft, "y": draw.uniform(5)})

    def probe(self, solution, **given):
        return dict(zip(("by w", "by b"), solution.gradient(**given), strict=True))


class HessianByHand(Check):
    """hessian is (F + 1, F + 1), with w first and b last, mixed derivatives included."""

    calls = "hessian(x, y, w, b)"
    tolerance = SINGLE

    def cases(self, draw: Draw):
        yield case("11 rows, 3 features", **problem(draw, 11, 3))
        yield case("2 rows, 5 features", **problem(draw, 2, 5))
        yield case("one row, one feature", **problem(draw, 1, 1))

    def probe(self, solution, **given):
        return solution.hessian(**given)


class PenaltyLeavesTheBiasAlone(Check):
    """l2 adds l2 w to the gradient by w and l2 to the diagonal of the Hessian, and nothing where b is."""

    calls = "gradient and hessian(x, y, w, b, l2)"
    tolerance = SINGLE

    def cases(self, draw: Draw):
        yield case("l2 = 0.9", **problem(draw, 7, 3), l2=0.9)
        yield case("l2 = 10", **problem(draw, 7, 2), l2=10.0)

    def probe(self, solution, **given):
        by_w, by_b = solution.gradient(**given)
        return {"gradient by w": by_w, "gradient by b": by_b, "hessian": solution.hessian(**given)}


class WeightedRows(Check):
    """Weighted rows: the mean divides by the sum of the weights, and a weight of 0 is a row that is not there."""

    calls = "all three functions, with weights,"
    tolerance = SINGLE

    def cases(self, draw: Draw):
        yield case("some weights 0", **problem(draw, 9, 2), weights=counts(draw, 9), l2=0.4)
        yield case("all weights 3", **problem(draw, 5, 3), weights=torch.full((5,), 3.0))

    def probe(self, solution, **given):
        by_w, by_b = solution.gradient(**given)
        hessian, objective = solution.hessian(**given), solution.objective(**given)
        return {"objective": objective, "gradient by w": by_w, "gradient by b": by_b, "hessian": hessian}


class EqualToAutograd(Check):
    """In float64 gradient and Hessian equal those that autograd finds for the same objective, to 1e-10."""

    calls = "gradient and hessian(x, y, w, b, l2, weights) in float64"

    def cases(self, draw: Draw):
        yield dict(**problem(draw, 13, 4, DOUBLE), weights=counts(draw, 13, DOUBLE), l2=0.2)

    def probe(self, solution, **given):
        by_w, by_b = solution.gradient(**given)
        return {"gradient": torch.cat([by_w, by_b[None]]), "hessian": solution.hessian(**given)}

    def verify(self, case, got, want):
        x, y, weights = case["x"], case["y"], case["weights"]
        at = torch.cat([case["w"], case["b"][None]]).requires_grad_()
        rows = functional.binary_cross_entropy_with_logits(x @ at[:-1] + at[-1], y, reduction="none")
        objective = (rows * weights).sum() / weights.sum() + case["l2"] / 2 * at[:-1].square().sum()
        (slopes,) = torch.autograd.grad(objective, at, create_graph=True)
        curves = torch.stack([torch.autograd.grad(slope, at, retain_graph=True)[0] for slope in slopes])
        for name, automatic in (("gradient", slopes), ("hessian", curves)):
            gap = float((got[name] - automatic).abs().max())
            expect(gap <= 1e-10, f"the {name} is {gap:.2g} away from autograd's, at most 1e-10 expected")


class EqualToFiniteDifferences(Check):
    """In float64 gradient and Hessian are the slopes of your own objective and your own gradient, to 1e-6."""

    calls = "gradient and hessian, against central differences of objective and gradient,"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(**problem(draw, 7, 2, DOUBLE), weights=counts(draw, 7, DOUBLE), l2=0.3, eps=1e-4)

    def probe(self, solution, x, y, w, b, l2, weights, eps):
        def at(parameters):
            return dict(x=x, y=y, w=parameters[:-1], b=parameters[-1], l2=l2, weights=weights)

        def slope(f, k):
            nudge = torch.zeros_like(centre)
            nudge[k] = eps
            return (f(**at(centre + nudge)) - f(**at(centre - nudge))) / (2 * eps)

        def first(**given):
            by_w, by_b = solution.gradient(**given)
            return torch.cat([by_w, by_b[None]])

        centre = torch.cat([w, b[None]])
        places = range(len(centre))
        return {
            "gradient": first(**at(centre)) - torch.stack([slope(solution.objective, k) for k in places]),
            "hessian": solution.hessian(**at(centre)) - torch.stack([slope(first, k) for k in places]),
        }

    def verify(self, case, got, want):
        for name, gap in got.items():
            most = float(gap.abs().max())
            expect(most <= 1e-6, f"the {name} is {most:.2g} away from central differences, at most 1e-6 expected")


class NeverCurvedDown(Check):
    """The Hessian is symmetric and positive semi-definite, with equal columns in x and with saturated rows too."""

    calls = "hessian(x, y, w, b)"
    compare = False  # where rows are saturated p (1 - p) is 0 or 1e-300, as one likes

    def cases(self, draw: Draw):
        twice = problem(draw, 11, 2, DOUBLE)
        twice["x"] = torch.cat([twice["x"], twice["x"]], dim=1)
        twice["w"] = draw.normal(4, dtype=DOUBLE)
        yield case("every column twice", **twice)
        far = problem(draw, 9, 3, DOUBLE)
        far["w"] = far["w"] * 1e4
        yield case("scores near 1e4", **far)

    def probe(self, solution, **given):
        return solution.hessian(**given)

    def verify(self, case, got, want):
        uneven = float((got - got.T).abs().max())
        expect(uneven <= 1e-12, f"the Hessian and its transpose differ by {uneven:.2g}")
        least = float(torch.linalg.eigvalsh(got).min())
        expect(least >= -1e-12, f"the smallest eigenvalue is {least:.2g}, at least 0 expected")


class ManyRows(Workload):
    """Gradient and Hessian of 8,000 rows with 32 features."""

    calls = "gradient and hessian at N = 8000, F = 32"

    def cases(self, draw: Draw, n: int = 8000):
        yield dict(**problem(draw, n, 32), l2=0.1)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, n=9))

    def probe(self, solution, **given):
        return *solution.gradient(**given), solution.hessian(**given)
