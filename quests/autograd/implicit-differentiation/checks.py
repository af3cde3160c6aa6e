"""Hidden checks of autograd/implicit-differentiation."""

import math
import re

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients, raised

POINT, RIDGE = "fixed_point(f, z0, *params, tol, max_iter)", "ridge_solution(x, y, log_lambda)"
DOUBLE = torch.float64
CLOSE = Tolerance(relative=1e-5, absolute=1e-7)  # float64, iterated to 1e-12


def tanh_map(z, w, b):
    return torch.tanh(z @ w.T + b)


def affine_map(z, w, b):
    return z @ w.T + b


def shared_map(z, w, b):
    """Both parameters enter twice."""
    return torch.sin(z @ w.T + b) * 0.9 + 0.05 * (z * b).cos() @ w


def ignores_b(z, w, b):
    return torch.tanh(z @ w.T + 0.3)


def ignores_z(z, w, b):
    return (torch.ones_like(z) @ w.T).sin() + b


def knows_w_alone(z, w, b):
    return (torch.ones_like(z) @ w.T).sin()


MAPS = {
    "tanh": tanh_map,
    "affine": affine_map,
    "shared": shared_map,
    "ignores b": ignores_b,
    "ignores z": ignores_z,
    "knows w alone": knows_w_alone,
}


def matrix(draw, n, radius):
    """(n, n) float64, not symmetric, nearly normal, with this spectral radius."""
    values = draw.uniform(n, low=-1.0, high=1.0, dtype=DOUBLE)
    values[0] = 1.0
    q = draw.orthogonal(n, dtype=DOUBLE)
    skewed = torch.triu(draw.normal(n, n, std=0.3, dtype=DOUBLE), 1) + torch.diag(values)
    return (q @ skewed @ q.T * radius).contiguous()


def problem(draw, *lead, n=4, radius=0.5):
    return dict(
        z0=draw.normal(*lead, n, dtype=DOUBLE),
        w=matrix(draw, n, radius).requires_grad_(),
        b=draw.normal(*lead, n, dtype=DOUBLE, requires_grad=True),
    )


def solved(solution, kind, z0, w, b, tol=1e-12, max_iter=3000):
    return solution.fixed_point(MAPS[kind], z0, w, b, tol=tol, max_iter=max_iter)


class FindsTheFixedPoint(Check):
    """fixed_point returns z with f(z) = z, for z of rank 1 to 3, wherever it starts."""

    calls = POINT
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("rank 1", **problem(draw), kind="tanh")
        yield case("rank 2", **problem(draw, 3), kind="shared")
        yield case("rank 3", **problem(draw, 2, 3, n=5), kind="tanh")
        yield case("spectral radius 0.95", **problem(draw, radius=0.95), kind="affine")
        far = problem(draw, 2)
        yield case("started far away", **(far | {"z0": far["z0"] + 1e3}), kind="affine")
        yield case("an empty z", **problem(draw, 0), kind="tanh")

    def probe(self, solution, z0, w, b, kind):
        with torch.no_grad():
            z = solved(solution, kind, z0, w, b)
            return {"z": z, "f(z) - z": MAPS[kind](z, w, b) - z}


class GradientsOfTheSolution(Check):
    """Gradients of the parameters equal those of 500 unrolled iterations, at spectral radius 0.5 and 0.95."""

    calls = f"{POINT}, then backward"
    compare = False

    def cases(self, draw: Draw):
        yield case("spectral radius 0.5", **problem(draw, 3), kind="tanh")
        yield case("spectral radius 0.95, affine", **problem(draw, n=5, radius=0.95), kind="affine")
        yield case("parameters that enter twice", **problem(draw, 2), kind="shared")
        yield case("z of rank 3", **problem(draw, 2, 3), kind="tanh")

    def probe(self, solution, z0, w, b, kind):
        z = z0
        for _ in range(700):
            z = MAPS[kind](z, w, b)
        result = solved(solution, kind, z0, w, b)
        return {"got": gradients(result, w=w, b=b), "unrolled": gradients(z, w=w, b=b), "graph": result.requires_grad}

    def verify(self, case, got, want):
        expect(got["graph"], "the result does not require grad")
        for name, unrolled in got["unrolled"].items():
            found = got["got"][name]
            expect(found is not None, f"the {name} is None")
            expect(
                found.shape == unrolled.shape,
                f"the {name} has shape {tuple(found.shape)}, expected {tuple(unrolled.shape)}",
            )
            size = float(unrolled.abs().max())
            off = float((found - unrolled).abs().max()) / size
            expect(
                off <= 1e-6,
                f"the {name} differs from that of 700 unrolled iterations by {off:.2g} of its largest entry",
            )


class WritesNoGrad(Check):
    """torch.autograd.grad through the solution returns gradients and leaves every .grad as it was."""

    calls = f"{POINT}, then torch.autograd.grad"
    compare = False

    def cases(self, draw: Draw):
        yield dict(**problem(draw, 3, radius=0.9))

    def probe(self, solution, z0, w, b):
        w, b = w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
        z = solved(solution, "tanh", z0, w, b)
        torch.autograd.grad(z.sum(), (w, b))
        return {"w": w.grad is None, "b": b.grad is None}

    def verify(self, case, got, want):
        for name, untouched in got.items():
            expect(untouched, f"torch.autograd.grad left something in {name}.grad")


class Gradcheck(Check):
    """torch.autograd.gradcheck accepts it for every parameter."""

    calls = f"gradcheck of {POINT}"
    compare = False

    def cases(self, draw: Draw):
        yield case("tanh", **problem(draw, 2, n=3, radius=0.6), kind="tanh")
        yield case("parameters that enter twice", **problem(draw, n=3), kind="shared")
        yield case("f does not depend on z", **problem(draw, n=3), kind="ignores z")

    def probe(self, solution, z0, w, b, kind):
        def call(first, second):
            return solved(solution, kind, z0, first, second, tol=1e-14, max_iter=5000)

        return torch.autograd.gradcheck(call, (w, b), raise_exception=False, check_undefined_grad=False)

    def verify(self, case, got, want):
        expect(got, "gradcheck: a gradient does not agree with finite differences of the solution")


class WhoReceivesAGradient(Check):
    """z0 receives none, a parameter that f ignores zeros; a parameter that does not require grad is left alone."""

    calls = f"{POINT}, then backward"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("f ignores b", **problem(draw, 3), kind="ignores b", frozen="")
        yield case("w does not require grad", **problem(draw, 3), kind="tanh", frozen="w")
        yield case("b does not require grad", **problem(draw, 3), kind="tanh", frozen="b")
        yield case("neither does", **problem(draw, 3), kind="tanh", frozen="wb")
        yield case("f depends on w alone, which is frozen", **problem(draw, 3), kind="knows w alone", frozen="w")

    def probe(self, solution, z0, w, b, kind, frozen):
        leaves = {"z0": z0.detach().clone().requires_grad_()}
        for name, value in (("w", w), ("b", b)):
            leaves[name] = value.detach().clone().requires_grad_(name not in frozen)
        z = solved(solution, kind, *leaves.values())
        if z.requires_grad:
            (z * torch.arange(1.0, 5.0, dtype=z.dtype)).sum().backward()
        start = leaves["z0"].grad
        return {
            "z requires grad": z.requires_grad,
            "gradient of z0 is zero or None": start is None or not bool(start.any()),
            "gradient of w": leaves["w"].grad,
            "gradient of b": leaves["b"].grad,
        }


class NoConvergence(Check):
    """When max_iter applications do not suffice, RuntimeError names the last residual; NaN is not convergence."""

    calls = POINT
    compare = False

    def cases(self, draw: Draw):
        shift = torch.tensor([0.25, -1.0, 0.5, 0.125], dtype=DOUBLE) * draw.number(0.2, 0.9)
        yield case("f(z) = z + b", z0=draw.normal(4, dtype=DOUBLE), b=shift, kind="shift")
        yield case("f(z) is NaN from the third call on", z0=draw.normal(4, dtype=DOUBLE), b=shift, kind="nan")
        yield case("max_iter is small", z0=draw.normal(4, dtype=DOUBLE), b=shift, kind="slow")

    def probe(self, solution, z0, b, kind):
        calls = [0]

        def f(z, b):
            calls[0] += 1
            if kind == "shift":
                return z + b
            if kind == "nan":
                return z + b if calls[0] < 3 else z * float("nan")
            return 0.99 * z + b

        found = raised(lambda: solution.fixed_point(f, z0, b, tol=1e-9, max_iter=20))
        return found | {"calls": calls[0]}

    def verify(self, case, got, want):
        expect(got["raised"] == "RuntimeError", f"it raised {got['raised']}, expected RuntimeError")
        expect(got["calls"] <= 22, f"f was called {got['calls']} times with max_iter = 20")
        if case["kind"] == "shift":
            residual = float(case["b"].abs().max())
            numbers = [float(text) for text in re.findall(r"\d+\.?\d*(?:[eE][-+]?\d+)?", got["message"])]
            expect(
                any(math.isclose(number, residual, rel_tol=0.02) for number in numbers),
                f"the message does not name the last residual, {residual:.4g}: {got['message']!r}",
            )


class ScaledAndRepeated(Check):
    """The incoming gradient scales the result, two uses of the solution add up, and float32 works."""

    calls = f"{POINT}, then backward"
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)
    truth = False

    def cases(self, draw: Draw):
        for dtype in (DOUBLE, torch.float32):
            made = {name: value.detach().to(dtype) for name, value in problem(draw, 3).items()}
            yield case(str(dtype), **made, tol=1e-12 if dtype is DOUBLE else 1e-6)

    def probe(self, solution, z0, w, b, tol):
        w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
        z = solved(solution, "tanh", z0, w, b, tol)
        loss = 3 * z.square().sum() + (z * b).sum()
        return {
            "z": z.detach(),
            "w": torch.autograd.grad(loss, w, retain_graph=True)[0],
            "b": torch.autograd.grad(loss, b)[0],
        }


class RidgeSolution(Check):
    """ridge_solution is the minimiser, for more rows than columns and for fewer, with large and tiny lambda."""

    calls = RIDGE
    tolerance = Tolerance(relative=1e-6, absolute=1e-8)

    def cases(self, draw: Draw):
        yield from ridge_cases(draw)

    def probe(self, solution, x, y, log_lambda):
        return solution.ridge_solution(x, y, log_lambda)


def ridge_cases(draw):
    for label, rows, columns, lam in (
        ("7 rows, 3 columns, lambda = 0.7", 7, 3, 0.7),
        ("3 rows, 5 columns, lambda = 0.7", 3, 5, 0.7),
        ("lambda = 1e-6", 7, 3, 1e-6),
        ("fewer rows than columns, lambda = 1e-6", 3, 5, 1e-6),
        ("lambda = 1e4", 5, 4, 1e4),
        ("one row, one column", 1, 1, 0.3),
    ):
        yield case(
            label,
            x=draw.normal(rows, columns, dtype=DOUBLE, requires_grad=True),
            y=draw.normal(rows, dtype=DOUBLE, requires_grad=True),
            log_lambda=torch.tensor(math.log(lam), dtype=DOUBLE, requires_grad=True),
        )


class RidgeGradients(Check):
    """Gradients with respect to log_lambda, x and y agree with central differences, also at lambda = 1e-6."""

    calls = f"{RIDGE}, then backward"
    compare = False

    def cases(self, draw: Draw):
        yield from ridge_cases(draw)

    def probe(self, solution, x, y, log_lambda):
        inputs = {"log_lambda": log_lambda, "x": x, "y": y}
        found = gradients(solution.ridge_solution(x, y, log_lambda), **inputs)

        def minimiser(x, y, log_lambda):
            # in the basis of singular vectors, where tiny lambda costs no digits
            u, s, v = torch.linalg.svd(x, full_matrices=False)
            return v.T @ (s / (s * s + log_lambda.exp()) * (u.T @ y))

        leaves = {name: value.detach().clone() for name, value in inputs.items()}
        slopes = {}
        direction = torch.cos(1.7 + 0.9 * torch.arange(x.shape[1], dtype=DOUBLE)) + 0.1
        for name, leaf in leaves.items():
            slope = torch.zeros_like(leaf)
            for place in range(leaf.numel()):
                ends = []
                for step in (1e-5, -1e-5):
                    moved = leaf.clone()
                    moved.view(-1)[place] += step
                    ends.append(direction @ minimiser(**(leaves | {name: moved})))
                slope.view(-1)[place] = (ends[0] - ends[1]) / 2e-5
            slopes[f"gradient of {name}"] = slope
        return {"got": found, "differences": slopes}

    def verify(self, case, got, want):
        rows, columns = case["x"].shape
        hard = rows < columns and float(case["log_lambda"]) < -10
        for name, wanted in got["differences"].items():
            found = got["got"][name]
            expect(found is not None, f"the {name} is None")
            expect(
                found.shape == wanted.shape,
                f"the {name} has shape {tuple(found.shape)}, expected {tuple(wanted.shape)}",
            )
            size = max(float(wanted.abs().max()), 1e-3 if name.endswith("log_lambda") else 0.0)
            off = float((found - wanted).abs().max())
            # lambda = 1e-6 and fewer rows than columns: y - x w is a difference of 1e-10 accuracy and meets A^-1 of 1e6, so
            # that an explicit inverse was seen to err by 3e-3; every wrong formula errs by more than 0.1
            expect(
                off <= (2e-2 if hard else 1e-4) * size,
                f"the {name} differs from central differences by {off / size:.2g} of its largest entry",
            )


class ManyIterations(Workload):
    """About 500 iterations on z of 256 KiB."""

    calls = "fixed_point with about 500 iterations, z (1024, 64)"
    tolerance = Tolerance(relative=1e-2, absolute=1e-3)

    def cases(self, draw: Draw, rows: int = 1024):
        yield dict(w=draw.orthogonal(64).requires_grad_(), b=draw.normal(rows, 64, std=0.02, requires_grad=True))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=2))

    def probe(self, solution, w, b):
        return solution.fixed_point(slow_map, torch.zeros_like(b), w, b, tol=1e-6, max_iter=2000)


def slow_map(z, w, b):
    """Contracts by 0.98."""
    return 0.98 * torch.tanh(z @ w.T) + b


class ForwardAndBackward(Workload):
    """Forward and backward of a contraction, to count the products."""

    calls = "fixed_point, z (24, 16), then backward"
    tolerance = Tolerance(relative=1e-2, absolute=1e-3)

    def cases(self, draw: Draw):
        yield dict(w=(draw.orthogonal(16) * 0.8).requires_grad_(), b=draw.normal(24, 16, requires_grad=True))

    def probe(self, solution, w, b):
        w, b = w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
        z = solution.fixed_point(tanh_map, torch.zeros_like(b), w, b, tol=1e-5, max_iter=500)
        return torch.autograd.grad(z.square().sum(), (w, b))
