"""Hidden checks of autograd/jacobians-and-hessians."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect

CLOSE = Tolerance(relative=1e-4, absolute=1e-5)
FINE = Tolerance(relative=1e-10, absolute=1e-10)
WAYS = ("jacobian_rows", "jacobian_columns", "jacobian", "chunked_jacobian")


class Float64:
    """float64 inputs, compared to 1e-10: the result does not depend on the order of sums any more."""

    truth = False
    tolerance = FINE


def by(solution, way, f, x):
    """The Jacobian of f at x in one of the four ways."""
    return solution.chunked_jacobian(f, x, 2) if way == "chunked_jacobian" else getattr(solution, way)(f, x)


def layers(weights):
    """An MLP with tanh after each layer, as a function of one sample (N,)."""

    def f(x):
        for w in weights:
            x = torch.tanh(w @ x)
        return x

    return f


class SineOfALinearMap(Float64, Check):
    """The Jacobian of sin(A x) is diag(cos(A x)) A, with rows for outputs and columns for inputs, in all four ways."""

    calls = "jacobian_rows(f, x), jacobian_columns(f, x), jacobian(f, x), chunked_jacobian(f, x, 2), f = sin(A x)"

    def cases(self, draw: Draw):
        for label, m, n in (
            ("more outputs", 7, 3),
            ("more inputs", 2, 5),
            ("as many", 4, 4),
            ("one output", 1, 3),
            ("one input", 4, 1),
            ("one of each", 1, 1),
        ):
            yield case(label, a=draw.normal(m, n, dtype=torch.float64), x=draw.normal(n, dtype=torch.float64))

    def probe(self, solution, a, x):
        return {way: by(solution, way, lambda point: torch.sin(a @ point), x) for way in WAYS}


class JacobianOfAnMlp(Float64, Check):
    """The Jacobians of a three-layer network equal torch.func.jacrev's, in all four ways."""

    calls = "jacobian_rows(f, x), jacobian_columns(f, x), jacobian(f, x), chunked_jacobian(f, x, 2), f an MLP"

    def cases(self, draw: Draw):
        for sizes in ((5, 7, 6, 3), (2, 6, 4, 5)):
            pairs = zip(sizes[1:], sizes[:-1], strict=True)
            weights = [draw.normal(out, into, std=0.7, dtype=torch.float64) for out, into in pairs]
            yield dict(weights=weights, x=draw.normal(sizes[0], dtype=torch.float64))

    def probe(self, solution, weights, x):
        return {way: by(solution, way, layers(weights), x) for way in WAYS}


def picks(x):
    """Entries by an index with repetitions."""
    return x[torch.tensor([0, 2, 2, 3])].sin()


def branches(x):
    """log where that is defined; the branch not taken is NaN."""
    return torch.where(x > 0, x.log(), x * x)


def constant(x):
    """Does not look at x at all."""
    return torch.ones(3, dtype=x.dtype)


def partly_constant(x):
    """Only the first output depends on x."""
    return torch.stack([x.prod(), torch.ones((), dtype=x.dtype)])


class IndicesBranchesConstants(Float64, Check):
    """Works for f with an integer index, with a where whose other branch is NaN, and for one that ignores x."""

    calls = "jacobian_rows(f, x), jacobian_columns(f, x), jacobian(f, x), chunked_jacobian(f, x, 2)"
    battery = False

    def cases(self, draw: Draw):
        signs = torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64)
        x = draw.uniform(4, low=0.5, high=2.0, dtype=torch.float64) * signs
        for name in ("picks", "branches", "constant", "partly_constant"):
            yield case(name, name=name, x=x)

    def probe(self, solution, name, x):
        functions = {"picks": picks, "branches": branches, "constant": constant, "partly_constant": partly_constant}
        return {way: by(solution, way, functions[name], x) for way in WAYS}


class OneForward(Check):
    """jacobian_rows runs f once; chunked_jacobian does not run it again for every block."""

    calls = "jacobian_rows(f, x), chunked_jacobian(f, x, 2)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(a=draw.normal(9, 3), x=draw.normal(3))

    def probe(self, solution, a, x):
        runs = []

        def f(point):
            runs.append(1)
            return torch.sin(a @ point)

        solution.jacobian_rows(f, x)
        rows = len(runs)
        solution.chunked_jacobian(f, x, 2)
        return {"jacobian_rows": rows, "chunked_jacobian": len(runs) - rows}

    def verify(self, case, got, want):
        expect(got["jacobian_rows"] == 1, f"jacobian_rows ran f {got['jacobian_rows']} times, expected once")
        expect(
            got["chunked_jacobian"] <= 2,
            f"chunked_jacobian ran f {got['chunked_jacobian']} times for 5 blocks, expected once",
        )


class AnyChunk(Float64, Check):
    """chunked_jacobian is the same for a chunk of 1, one that does not divide M, M itself, and more than M."""

    calls = "chunked_jacobian(f, x, chunk)"

    def cases(self, draw: Draw):
        a, x = draw.normal(7, 3, dtype=torch.float64), draw.normal(3, dtype=torch.float64)
        for chunk in (1, 2, 3, 6, 7, 8, 100):
            yield case(f"M = 7, chunk = {chunk}", a=a, x=x, chunk=chunk)

    def probe(self, solution, a, x, chunk):
        return solution.chunked_jacobian(lambda point: torch.sin(a @ point), x, chunk)


def coupled(a):
    """A function of one sample that mixes all its entries, and works for one sample only."""

    def f(x):
        length = x.square().sum().sqrt()  # over everything that it is handed
        return torch.sin(a @ (x / length))

    return f


class JacobianOfEverySample(Float64, Check):
    """batched_jacobian is what a loop over the samples gives, also for an f that normalises all that it is handed."""

    calls = "batched_jacobian(f, xs)"

    def cases(self, draw: Draw):
        for label, b, m, n in (
            ("three samples", 3, 4, 5),
            ("one sample", 1, 4, 5),
            ("one output", 6, 1, 3),
            ("B = M = N", 3, 3, 3),
            ("B = N", 4, 2, 4),
        ):
            xs = draw.normal(b, n, mean=0.5, dtype=torch.float64)
            yield case(label, a=draw.normal(m, n, dtype=torch.float64), xs=xs)

    def probe(self, solution, a, xs):
        return solution.batched_jacobian(coupled(a), xs)


class HessianIsSymmetric(Float64, Check):
    """hessian equals torch.func.hessian and is symmetric to 1e-10."""

    calls = "hessian(f, x)"

    def cases(self, draw: Draw):
        for n in (5, 2, 1):
            a = draw.normal(4, n, dtype=torch.float64)
            yield case(f"N = {n}", a=a, x=draw.normal(n, dtype=torch.float64))

    def probe(self, solution, a, x):
        return solution.hessian(lambda point: torch.sin(a @ point).square().sum() + point.prod(), x)

    def verify(self, case, got, want):
        gap = float((got - got.T).abs().max())
        expect(gap < 1e-10, f"the Hessian differs from its transpose by {gap:.1e}")


class HessianOfSimpleFunctions(Float64, Check):
    """A linear f has a Hessian of zeros, a constant one too, and x^T A x the Hessian A + A^T."""

    calls = "hessian(f, x)"
    battery = False

    def cases(self, draw: Draw):
        for name in ("linear", "constant", "quadratic", "one entry"):
            yield case(name, name=name, a=draw.normal(4, 4, dtype=torch.float64), x=draw.normal(4, dtype=torch.float64))

    def probe(self, solution, name, a, x):
        functions = {
            "linear": lambda point: a[0] @ point,
            "constant": lambda point: torch.ones((), dtype=point.dtype),
            "quadratic": lambda point: point @ a @ point,
            "one entry": lambda point: point[2] ** 3,
        }
        return solution.hessian(functions[name], x)


class TraceOfTheHessian(Float64, Check):
    """laplacian of |x|^2 is 2 N, of harmonic functions 0, of a network the trace of each sample's Hessian."""

    calls = "laplacian(f, xs)"

    def cases(self, draw: Draw):
        for name in ("network", "squares", "harmonic", "length"):
            for b in (4, 1):
                xs = draw.normal(b, 3, mean=1.0, dtype=torch.float64)
                yield case(f"{name}, B = {b}", name=name, a=draw.normal(5, 3, dtype=torch.float64), xs=xs)

    def probe(self, solution, name, a, xs):
        functions = {
            "network": lambda x: torch.tanh(a @ x).square().sum(),
            "squares": lambda x: x @ x,
            "harmonic": lambda x: x[0] * x[1] * x[2] + x[0].exp() * x[1].sin(),
            "length": lambda x: x.square().sum().sqrt(),
        }
        return solution.laplacian(functions[name], xs)


class KeepsTheDtype(Check):
    """float32 in, float32 out, as exact as float32 allows."""

    calls = "jacobian_rows(f, x), ..., f = sin(A x), float32"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield dict(a=draw.normal(4, 3), x=draw.normal(3))

    def probe(self, solution, a, x):
        def f(point):
            return torch.sin(a @ point)

        found = {way: by(solution, way, f, x) for way in WAYS}
        found["hessian"] = solution.hessian(lambda point: f(point).square().sum(), x)
        found["batched_jacobian"] = solution.batched_jacobian(f, torch.stack([x, 2 * x]))
        found["laplacian"] = solution.laplacian(lambda point: f(point).square().sum(), torch.stack([x, 2 * x]))
        return found


def widths(draw, *sizes):
    """Weights of an MLP with these sizes."""
    return [draw.normal(out, into, std=into**-0.5) for out, into in zip(sizes[1:], sizes[:-1], strict=True)]


class ManyOutputs(Workload):
    """jacobian_rows of an MLP 32 -> 64 -> 64 -> 128."""

    calls = "jacobian_rows(f, x), M = 128"

    def cases(self, draw: Draw, outputs: int = 128):
        yield dict(weights=widths(draw, 32, 64, 64, outputs), x=draw.normal(32))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, outputs=2))

    def probe(self, solution, weights, x):
        return solution.jacobian_rows(layers(weights), x)


class TallAndFlat(Workload):
    """jacobian of a network with 2 inputs and 200 outputs, and of one with 200 inputs and 2 outputs."""

    calls = "jacobian(f, x), 200 x 2 and 2 x 200"

    def cases(self, draw: Draw, many: int = 200):
        for sizes in ((2, 64, many), (many, 64, 2)):
            yield dict(weights=widths(draw, *sizes), x=draw.normal(sizes[0]))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, many=3))

    def probe(self, solution, weights, x):
        return solution.jacobian(layers(weights), x)


class BlocksOfOne(Workload):
    """chunked_jacobian of an MLP 24 -> 32 -> 40, one row at a time."""

    calls = "chunked_jacobian(f, x, 1), M = 40"

    def cases(self, draw: Draw):
        yield dict(weights=widths(draw, 24, 32, 40), x=draw.normal(24))

    def probe(self, solution, weights, x):
        return solution.chunked_jacobian(layers(weights), x, 1)


class SixtyFourSamples(Workload):
    """batched_jacobian with B = M = N = 64: the result has 1 MiB, a (B, M, B, N) tensor 64 MiB."""

    calls = "batched_jacobian(f, xs), B = M = N = 64"

    def cases(self, draw: Draw, size: int = 64):
        yield dict(weights=widths(draw, size, size), xs=draw.normal(size, size))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, size=3))

    def probe(self, solution, weights, xs):
        (w,) = weights
        return solution.batched_jacobian(lambda x: torch.sin(w @ x), xs)


class WideNetwork(Workload):
    """chunked_jacobian of a network with 1,048,576 hidden units and 64 outputs, 8 rows at a time."""

    calls = "chunked_jacobian(f, x, 8), M = 64"

    def cases(self, draw: Draw, hidden: int = 1 << 20, outputs: int = 64):
        yield dict(weights=widths(draw, 4, hidden), x=draw.normal(4), outputs=outputs)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, hidden=32, outputs=8))

    def probe(self, solution, weights, x, outputs):
        hidden = layers(weights)
        return solution.chunked_jacobian(lambda point: hidden(point).view(outputs, -1).sum(1), x, outputs // 8)


class SamplesOfALaplacian(Workload):
    """laplacian for 2 and for 40 samples."""

    calls = "laplacian(f, xs), B = 2, then 40"

    def cases(self, draw: Draw):
        for b in (2, 40):
            yield dict(a=draw.normal(5, 3), xs=draw.normal(b, 3))

    def probe(self, solution, a, xs):
        return solution.laplacian(lambda x: torch.tanh(a @ x).square().sum(), xs)
