"""Hidden checks of tensors/vectors-and-matrices."""

import torch

from leveling.checks import Check, Draw, Workload, case, expect, gradients, kind_raised

DOUBLE = torch.float64


def conditioned(draw: Draw, rows: int, columns: int, condition: float, dtype=torch.float32):
    """A random matrix (rows, columns) with singular values from 1 down to 1 / condition."""
    values = torch.logspace(0, -torch.log10(torch.tensor(condition)).item(), columns, dtype=DOUBLE)
    left = draw.orthogonal(rows, dtype=DOUBLE)[:, :columns]
    return (left * values @ draw.orthogonal(columns, dtype=DOUBLE)).to(dtype)


class Projects(Check):
    """project gives the part of every x along v, for any leading dimensions and any length of v."""

    calls = "project(x, v)"

    def cases(self, draw: Draw):
        yield case("along an axis", x=draw.normal(4, 3), v=torch.tensor([0.0, 2.0, 0.0]))
        for label, shape in (
            ("", (4, 3)),
            ("one vector", (5,)),
            ("a batch", (2, 3, 4)),
            ("D = 1", (3, 1)),
            ("no x", (0, 3)),
        ):
            yield case(label, x=draw.normal(*shape), v=draw.normal(shape[-1], std=2.0))
        yield case("B = D", x=draw.normal(4, 4), v=draw.normal(4))
        yield case("v of length 1e-6", x=draw.normal(4, 3), v=draw.normal(3, std=1e-6))

    def probe(self, solution, x, v):
        return solution.project(x, v)


class ProjectsOntoNothing(Check):
    """project onto v = 0 gives zeros."""

    calls = "project(x, v) with v = 0"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 3))
        yield case("D = 1", x=draw.normal(4, 1))

    def probe(self, solution, x):
        return solution.project(x, torch.zeros_like(x[0]))


class ProjectingTwice(Check):
    """What was projected stays where it is when projected again, and what is left over is orthogonal to v."""

    calls = "project(project(x, v), v)"
    compare = False

    def cases(self, draw: Draw):
        for length in (1.0, 30.0, 0.01):
            yield case(f"v of length about {length:g}", x=draw.normal(6, 5), v=draw.normal(5, std=length))

    def probe(self, solution, x, v):
        once = solution.project(x, v)
        return {"once": once, "twice": solution.project(once, v)}

    def verify(self, case, got, want):
        change = float((got["twice"] - got["once"]).abs().max())
        expect(change < 1e-5, f"projecting again changes the result by up to {change:.3g}")
        left, v = case["x"].double() - got["once"].double(), case["v"].double()
        slant = float(((left @ v) / v.norm()).abs().max())
        expect(slant < 1e-5, f"x - project(x, v) has a part of {slant:.3g} along v, expected 0")


class Reflects(Check):
    """reflect mirrors every x at the hyperplane orthogonal to v, whatever the length of v."""

    calls = "reflect(x, v)"

    def cases(self, draw: Draw):
        yield case("at an axis", x=torch.tensor([[1.0, 2.0, 3.0]]), v=torch.tensor([0.0, 2.0, 0.0]))
        for label, shape in (("", (4, 3)), ("one vector", (5,)), ("a batch", (2, 3, 4)), ("D = 1", (3, 1))):
            yield case(label, x=draw.normal(*shape), v=draw.normal(shape[-1], std=2.0))
        yield case("v = 0 leaves x as it is", x=draw.normal(4, 3), v=torch.zeros(3))

    def probe(self, solution, x, v):
        return solution.reflect(x, v)


class ReflectingTwice(Check):
    """reflect keeps the length of every x, and two reflections give x back."""

    calls = "reflect(reflect(x, v), v)"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(6, 5), v=draw.normal(5, std=3.0))
        yield case("a short v", x=draw.normal(2, 3, 4), v=draw.normal(4, std=0.01))

    def probe(self, solution, x, v):
        once = solution.reflect(x, v)
        return {"once": once, "twice": solution.reflect(once, v)}

    def verify(self, case, got, want):
        before, after = case["x"].norm(dim=-1), got["once"].norm(dim=-1)
        change = float((after - before).abs().max())
        expect(change < 1e-4, f"the length of an x changes by {change:.3g}")
        error = float((got["twice"] - case["x"]).abs().max())
        expect(error < 1e-4, f"two reflections are off x by up to {error:.3g}")


class ProjectionGradients(Check):
    """The gradients through project and reflect match, for x and for v."""

    calls = "project(x, v) and reflect(x, v), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 3, requires_grad=True), v=draw.normal(3, requires_grad=True))

    def probe(self, solution, x, v):
        projected = {f"project, {k}": g for k, g in gradients(solution.project(x, v), x=x, v=v).items()}
        return projected | {f"reflect, {k}": g for k, g in gradients(solution.reflect(x, v), x=x, v=v).items()}


class Orthonormalises(Check):
    """orthonormalise makes the columns orthogonal one after the other, without turning any round."""

    calls = "orthonormalise(a)"

    def cases(self, draw: Draw):
        yield case("two columns by hand", a=torch.tensor([[3.0, 1.0], [4.0, 2.0]]))
        # the identity beneath keeps the columns well apart, so that the answer is the same to the last digits
        for label, rows, columns in (("R > C", 7, 3), ("R = C", 4, 4), ("C = 1", 5, 1), ("R = C = 1", 1, 1)):
            yield case(label, a=draw.normal(rows, columns, std=0.5) + 2 * torch.eye(rows, columns))
        yield case("negative columns", a=-2 * torch.eye(5, 3) + draw.normal(5, 3, std=0.3))
        yield case("float64", a=draw.normal(6, 3, dtype=DOUBLE) + 2 * torch.eye(6, 3, dtype=DOUBLE))
        yield case("transposed, not contiguous", a=(draw.normal(3, 6) + 2 * torch.eye(3, 6)).t())

    def probe(self, solution, a):
        return solution.orthonormalise(a)


class NearlyDependentColumns(Check):
    """Q^T Q is the identity to 1e-5 in float32 also where a has condition number 1e5."""

    calls = "orthonormalise(a)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield case("condition number 1e5", a=conditioned(draw, 20, 6, 1e5))
        yield case("R = C, condition number 1e5", a=conditioned(draw, 6, 6, 1e5))
        rows, columns = torch.meshgrid(torch.arange(1.0, 9.0), torch.arange(5.0), indexing="ij")
        yield case("Hilbert-like, 1 / (i + j)", a=1 / (rows + columns))
        low = torch.cat([torch.ones(1, 4), 3e-4 * torch.eye(4)])
        yield case("a row of ones over a small identity", a=low)

    def probe(self, solution, a):
        return solution.orthonormalise(a)

    def verify(self, case, got, want):
        expect(tuple(got.shape) == tuple(want.shape), f"the shape is {tuple(got.shape)}, expected {tuple(want.shape)}")
        q, a = got.double(), case["a"].double()
        loss = float((q.T @ q - torch.eye(q.shape[1], dtype=DOUBLE)).abs().max())
        expect(loss <= 1e-5, f"Q^T Q is off the identity by {loss:.3g}, allowed 1e-5")
        r = q.T @ a
        missed = float((q @ r - a).norm() / a.norm())
        expect(missed <= 1e-5, f"Q does not span the columns of a: {missed:.3g} of a is left over, allowed 1e-5")
        below = float(r.tril(-1).abs().max() / a.norm())
        expect(
            below <= 1e-5,
            f"the first k columns of Q do not span those of a: Q^T a holds {below:.3g} below its diagonal",
        )
        expect(bool((r.diagonal() > 0).all()), "the diagonal of Q^T a is not positive")


class LeastSquares(Check):
    """least_squares minimises ||a w - b|| for every column of b, also for C = 1, R = C and R > C."""

    calls = "least_squares(a, b)"

    def cases(self, draw: Draw):
        yield case(
            "a line through four points",
            a=torch.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]),
            b=torch.tensor([[1.0], [3.0], [4.0], [8.0]]),
        )
        for label, rows, columns, k in (
            ("", 9, 3, 2),
            ("R = C", 4, 4, 3),
            ("C = 1", 6, 1, 2),
            ("K = 1", 7, 3, 1),
            ("K = C", 8, 3, 3),
        ):
            yield case(label, a=conditioned(draw, rows, columns, 5.0), b=draw.normal(rows, k))

    def probe(self, solution, a, b):
        return solution.least_squares(a, b)


class LeastSquaresInFloat64(Check):
    """least_squares agrees with torch.linalg.lstsq to 1e-9 in float64."""

    calls = "least_squares(a, b) in float64"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for rows, columns, k in ((12, 4, 3), (30, 6, 1), (5, 5, 2)):
            yield case(
                f"{rows} x {columns}",
                a=conditioned(draw, rows, columns, 100.0, DOUBLE),
                b=draw.normal(rows, k, dtype=DOUBLE),
            )

    def probe(self, solution, a, b):
        return solution.least_squares(a, b)

    def verify(self, case, got, want):
        exact = torch.linalg.lstsq(case["a"], case["b"]).solution
        expect(got.shape == exact.shape, f"the shape is {tuple(got.shape)}, expected {tuple(exact.shape)}")
        expect(got.dtype is DOUBLE, f"the dtype is {got.dtype}, expected torch.float64")
        error = float((got - exact).norm() / exact.norm())
        expect(error <= 1e-9, f"w is off by {error:.3g} of its size, allowed 1e-9")


class ColumnsOfAllScales(Check):
    """In float32 the residual is within 1% of the smallest one, with columns from 1e-3 to 1e3 and nearly dependent ones."""

    calls = "least_squares(a, b)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for label, condition in (
            ("columns scaled 1e-3 to 1e3", 5.0),
            ("and of condition number 1e4 before that", 1e4),
            ("and once more", 1e4),
        ):
            a = conditioned(draw, 40, 5, condition, DOUBLE)
            # b lies along every direction of the columns' span alike, the weak ones too, and a little outside
            b = torch.linalg.qr(a).Q @ draw.normal(5, 2, dtype=DOUBLE) + 0.02 * draw.normal(40, 2, dtype=DOUBLE)
            scales = torch.logspace(-3, 3, 5, dtype=DOUBLE)[draw.permutation(5)]
            yield case(label, a=(a * scales).float(), b=b.float())

    def probe(self, solution, a, b):
        return solution.least_squares(a, b)

    def verify(self, case, got, want):
        a, b = case["a"].double(), case["b"].double()
        best = float((a @ torch.linalg.lstsq(a, b).solution - b).norm())
        found = float((a @ got.double() - b).norm())
        expect(
            found <= 1.01 * best, f"the residual is {found:.6g}, {found / best:.3g} times the smallest one, {best:.6g}"
        )


def inverse_and_vectors(draw: Draw, n: int, dtype=torch.float32):
    """The inverse of a well-conditioned, not symmetric A, and u and v with 1 + v^T A^-1 u near 2."""
    a_inv = draw.normal(n, n, dtype=dtype, std=0.3 / n**0.5) + torch.eye(n, dtype=dtype)
    u, v = draw.normal(n, dtype=dtype), draw.normal(n, dtype=dtype)
    slant = v @ (a_inv @ u)
    return dict(
        a_inv=a_inv, u=u, v=v + (1 - slant) / (u @ (a_inv.T @ (a_inv @ u))) * (a_inv @ u) if n > 1 else 1 / (a_inv @ u)
    )


class UpdatesAnInverse(Check):
    """rank_one_inverse is the inverse of A + u v^T, for A that is not symmetric and u that is not v."""

    calls = "rank_one_inverse(a_inv, u, v)"

    def cases(self, draw: Draw):
        yield case("identity", a_inv=torch.eye(2), u=torch.tensor([1.0, 0.0]), v=torch.tensor([0.0, 2.0]))
        for n in (3, 6, 1):
            yield case(f"n = {n}", **inverse_and_vectors(draw, n))
        yield case("float64", **inverse_and_vectors(draw, 4, DOUBLE))
        yield case("the determinant changes its sign", **singular(draw, 4, -2.0))
        yield case("u = 0", a_inv=draw.normal(3, 3), u=torch.zeros(3), v=draw.normal(3))

    def probe(self, solution, a_inv, u, v):
        return solution.rank_one_inverse(a_inv, u, v)


class TimesTheUpdatedMatrix(Check):
    """(A + u v^T) times rank_one_inverse is the identity, also where the update nearly makes A singular."""

    calls = "rank_one_inverse(a_inv, u, v)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(**inverse_and_vectors(draw, 5, DOUBLE))
        yield case("1 + v^T A^-1 u = 1e-3", **singular(draw, 5, 1e-3, DOUBLE))

    def probe(self, solution, a_inv, u, v):
        return solution.rank_one_inverse(a_inv, u, v)

    def verify(self, case, got, want):
        a = torch.linalg.inv(case["a_inv"]) + case["u"][:, None] * case["v"]
        error = float((a @ got - torch.eye(len(a), dtype=DOUBLE)).abs().max())
        expect(error <= 1e-8, f"the product is off the identity by {error:.3g}, allowed 1e-8")


def singular(draw: Draw, n: int, growth: float, dtype=torch.float32):
    """A^-1, u and v for which 1 + v^T A^-1 u is `growth`, up to rounding."""
    a_inv = draw.normal(n, n, dtype=dtype, std=0.3 / n**0.5) + torch.eye(n, dtype=dtype)
    u = draw.normal(n, dtype=dtype)
    left = a_inv @ u
    return dict(a_inv=a_inv, u=u, v=(growth - 1) / (left @ left) * left)


class SingularUpdates(Check):
    """rank_one_inverse raises ValueError where A + u v^T is singular, exactly or up to rounding."""

    calls = "rank_one_inverse(a_inv, u, v)"
    truth = False

    def cases(self, draw: Draw):
        yield case("identity, u = e0, v = -e0", a_inv=torch.eye(3), u=torch.eye(3)[0], v=-torch.eye(3)[0])
        yield case("n = 1", a_inv=torch.tensor([[0.5]]), u=torch.tensor([2.0]), v=torch.tensor([-1.0]))
        for n in (4, 5, 6, 7, 8, 9):
            yield case(f"n = {n}, 1 + v^T A^-1 u = 0 up to rounding", **singular(draw, n, 0.0))
        for _ in range(8):  # what rounding leaves of numbers near 6 is some 10 eps, and far from 100
            u, shares = draw.uniform(5, low=1.0, high=2.0), draw.uniform(5, low=-6.0, high=6.0)
            shares[-1] = -1 - shares[:-1].sum()
            yield case("large terms that add up to 0", a_inv=torch.eye(5), u=u, v=shares / u)

    def probe(self, solution, a_inv, u, v):
        return kind_raised(ValueError, solution.rank_one_inverse, a_inv, u, v)


class LargeInverse(Workload):
    """rank_one_inverse at n = 600: n^2 work is 0.4 million multiplications, n^3 is 216 million."""

    calls = "rank_one_inverse(a_inv, u, v) at n = 600"

    def cases(self, draw: Draw):
        yield inverse_and_vectors(draw, 600)

    def warm_up(self, draw: Draw):
        return inverse_and_vectors(draw, 3)

    def probe(self, solution, a_inv, u, v):
        return solution.rank_one_inverse(a_inv, u, v)
