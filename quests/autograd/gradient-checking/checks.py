"""Hidden checks of autograd/gradient-checking."""

import torch
from torch.autograd import Function
from torch.nn import functional

from leveling.checks import Check, Draw, Tolerance, case, expect, same_bits

DOUBLE = torch.float64
NEAR = Tolerance(absolute=1e-8, relative=1e-8)


class Quadratics:
    """x -> x^T A_m x for M matrices, and its Jacobian: central differences are exact for it but for rounding."""

    @staticmethod
    def of(matrices):
        return lambda x: torch.einsum("i,mij,j->m", x.reshape(-1), matrices, x.reshape(-1))


class JacobianOfAQuadratic(Check):
    """numerical_jacobian of a quadratic is (M, N) and right to 1e-8 in float64."""

    part = "numerical_jacobian"
    calls = "numerical_jacobian(f, x, eps)"
    tolerance = NEAR

    def cases(self, draw: Draw):
        for m, n, eps in ((3, 5, 1e-3), (5, 2, 1e-2), (1, 4, 1e-4)):
            yield case(
                f"M = {m}, N = {n}", x=draw.normal(n, dtype=DOUBLE), a=draw.normal(m, n, n, dtype=DOUBLE), eps=eps
            )

    def probe(self, solution, x, a, eps):
        return solution.numerical_jacobian(Quadratics.of(a), x.clone(), eps)


class XKeepsEveryBit(Check):
    """After numerical_jacobian and numerical_directional x is what it was, to the last bit."""

    part = "numerical_jacobian"
    calls = "numerical_jacobian(f, x, eps)"

    def cases(self, draw: Draw):
        for dtype in (torch.float32, DOUBLE):
            yield case(str(dtype), x=draw.normal(23, std=3.0, dtype=dtype))

    def probe(self, solution, x):
        own = x.clone()
        solution.numerical_jacobian(lambda z: z.sin().sum(), own, 1e-3)
        return {"unchanged": same_bits(own, x)}


class JacobianOfAnyShape(Check):
    """numerical_jacobian takes x of any shape and layout, 0-d and empty, and results of any shape."""

    part = "numerical_jacobian"
    calls = "numerical_jacobian(f, x, eps)"
    tolerance = NEAR

    def cases(self, draw: Draw):
        wide = draw.normal(3, 4, dtype=DOUBLE)
        yield case("a matrix to a matrix", x=draw.normal(2, 3, dtype=DOUBLE), transposed=False)
        yield case("a transposed x", x=wide, transposed=True)
        yield case("a slice", x=draw.strided(draw.normal(2, 3, dtype=DOUBLE)), transposed=False)
        yield case("shape ()", x=draw.normal(dtype=DOUBLE), transposed=False)
        yield case("no elements", x=draw.normal(0, 2, dtype=DOUBLE), transposed=False)
        yield case("no elements, three results", x=draw.normal(0, dtype=DOUBLE), transposed=False, total=True)
        yield case("x requires grad", x=draw.normal(3, dtype=DOUBLE, requires_grad=True), transposed=False)

    def probe(self, solution, x, transposed, total=False):
        x = x.t() if transposed else x
        f = (lambda z: torch.stack([z.sum()] * 3)) if total else (lambda z: torch.stack([z**2 - z, 3 * z]))
        found = solution.numerical_jacobian(f, x, 1e-3)
        return {"jacobian": found.detach(), "requires grad": found.requires_grad}


class FMayReturnItsArgument(Check):
    """numerical_jacobian is right where f returns its argument, or a view of it."""

    part = "numerical_jacobian"
    calls = "numerical_jacobian(f, x, eps)"
    tolerance = NEAR

    def cases(self, draw: Draw):
        yield case("f(x) is x", x=draw.normal(2, 3, dtype=DOUBLE), view=False)
        yield case("f(x) is a view", x=draw.normal(2, 3, dtype=DOUBLE), view=True)

    def probe(self, solution, x, view):
        return solution.numerical_jacobian((lambda z: z.t()[1:]) if view else (lambda z: z), x, 1e-3)


class StepThatWasTaken(Check):
    """numerical_jacobian divides by the step that was really taken: x + eps is rounded where x is large."""

    part = "numerical_jacobian"
    calls = "numerical_jacobian(lambda x: 4 * x, x, eps) in float32"
    tolerance = Tolerance(relative=1e-6, absolute=1e-6)
    truth = False

    def cases(self, draw: Draw):
        yield case("x near 1,000", x=draw.uniform(5, low=900.0, high=1000.0), eps=3e-4)
        yield case("x near -20,000", x=-draw.uniform(5, low=16500.0, high=20000.0), eps=1e-2)

    def probe(self, solution, x, eps):
        return solution.numerical_jacobian(lambda z: 4 * z, x, eps)


class Directional(Check):
    """numerical_directional is J v in f's output shape, for v of any length, and leaves x and v alone."""

    part = "numerical_directional"
    calls = "numerical_directional(f, x, v, eps)"
    tolerance = NEAR

    def cases(self, draw: Draw):
        def one(*shape, std=1.0):
            return dict(x=draw.normal(*shape, dtype=DOUBLE), v=draw.normal(*shape, std=std, dtype=DOUBLE))

        yield case("a vector", **one(5))
        yield case("a long v", **one(3, 2, std=30.0))
        yield case("v = 0", x=draw.normal(4, dtype=DOUBLE), v=torch.zeros(4, dtype=DOUBLE))
        yield case("shape ()", **one())
        yield case("no elements", **one(0, 3))
        yield case(
            "x requires grad", x=draw.normal(3, dtype=DOUBLE, requires_grad=True), v=draw.normal(3, dtype=DOUBLE)
        )

    def probe(self, solution, x, v):
        found = solution.numerical_directional(lambda z: torch.stack([z**2 - z, 3 * z]), x, v, 1e-3)
        return {"slope": found.detach(), "requires grad": found.requires_grad}


def plant(backward, forward):
    """A Function whose backward is `backward(x, grad)`, right or wrong."""

    class Planted(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, grad):
            return backward(ctx.saved_tensors[0], grad)

    return Planted.apply


def but_one(gradient, share=1.0):
    """A gradient with one wrong entry, the one at position 617 (or the last)."""
    wrong = gradient.clone().reshape(-1)
    wrong[min(617, wrong.numel() - 1)] *= 1 + share
    return wrong.reshape(gradient.shape)


def matrix(x):
    """A fixed square matrix that looks symmetric at a glance and is not."""
    n = x.shape[-1]
    rows = torch.arange(n, dtype=x.dtype)
    return torch.cos(rows[:, None] * rows) + 0.3 * (rows[:, None] > rows)


PLANTED = {
    "the sign is wrong": plant(lambda x, g: -g * x.cos(), torch.sin),
    "a factor 2 is missing": plant(lambda x, g: g * x, lambda x: x**2),
    "one element among 1,000 is wrong": plant(lambda x, g: but_one(2 * g * x), lambda x: (x**2).sum()),
    "the Jacobian is transposed": plant(lambda x, g: g @ matrix(x), lambda x: x @ matrix(x)),
    "the incoming gradient is ignored": plant(lambda x, g: 3 * x**2, lambda x: x**3),
    "the gradient is zero": plant(lambda x, g: torch.zeros_like(x), torch.exp),
    "one element among 100 is off by a per cent": plant(lambda x, g: but_one(2 * g * x, 0.01), lambda x: (x**2).sum()),
}
HONEST = {
    "sine": plant(lambda x, g: g * x.cos(), torch.sin),
    "square": plant(lambda x, g: 2 * g * x, lambda x: x**2),
    "linear map": plant(lambda x, g: g @ matrix(x).t(), lambda x: x @ matrix(x)),
    "sum of squares": plant(lambda x, g: 2 * g * x, lambda x: (x**2).sum()),
}


class LinearByLoops(Function):
    """x (N, I) times W (O, I) transposed, with a backward of scalar sums, one entry after another."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x @ w.t()

    @staticmethod
    def backward(ctx, grad):
        x, w = ctx.saved_tensors
        dx, dw = torch.zeros_like(x), torch.zeros_like(w)
        for n in range(x.shape[0]):
            for o in range(w.shape[0]):
                dx[n] += grad[n, o] * w[o]
                dw[o] += grad[n, o] * x[n]
        return dx, dw


class LinearByMatrices(Function):
    """The same layer with its backward as two matrix products."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x @ w.t()

    @staticmethod
    def backward(ctx, grad):
        x, w = ctx.saved_tensors
        return grad @ w, grad.t() @ x


class LinearMixedUp(LinearByMatrices):
    """Its gradient by W is reshaped where it should be transposed: right in shape and in sum."""

    @staticmethod
    def backward(ctx, grad):
        x, w = ctx.saved_tensors
        return grad @ w, (x.t() @ grad).reshape(w.shape)


def plain(report):
    """A report as plain values, whatever number types the solution used."""
    return {
        "ok": bool(report["ok"]),
        "worst": float(report["worst"]),
        "input": int(report["input"]),
        "index": tuple(int(i) for i in report["index"]),
    }


class Reported:
    """What the checks of check_gradients share: a report is judged by its verdict."""

    part = "check_gradients"
    calls = "check_gradients(f, inputs)"
    compare = False
    truth = False
    battery = False

    def verify(self, case, got, want):
        verdict = "accepted" if want["ok"] else "rejected"
        expect(got["ok"] == want["ok"], f"the gradient must be {verdict}; check_gradients gave {got}")
        expect(not got["worst"] < 0, f"worst is {got['worst']:.3g}; an error is not negative")


class AcceptsRightGradients(Reported, Check):
    """check_gradients accepts torch's own operations and Functions whose backward is right."""

    def cases(self, draw: Draw):
        for kind in OPERATIONS:
            yield case(kind, kind=kind, seed=draw.seed())
        for kind in HONEST:
            yield case(f"a Function: {kind}", kind=kind, seed=draw.seed())

    def probe(self, solution, kind, seed):
        generator = torch.Generator().manual_seed(seed)

        def normal(*shape):
            return torch.randn(shape, generator=generator, dtype=DOUBLE)

        if kind in HONEST:
            return plain(solution.check_gradients(HONEST[kind], (normal(7),)))
        f, shapes = OPERATIONS[kind]
        return plain(solution.check_gradients(f, tuple(normal(*shape) for shape in shapes)))


OPERATIONS = {
    "matmul": (torch.matmul, ((3, 4), (4, 2))),
    "softmax": (lambda x: torch.softmax(x, -1), ((2, 5),)),
    "conv2d": (functional.conv2d, ((1, 2, 4, 4), (3, 2, 3, 3))),
    "layer_norm": (lambda x: functional.layer_norm(x, (6,)), ((2, 6),)),
    "exp, to a sum": (lambda x: x.exp().sum(), ((5,),)),
    "shape ()": (lambda x: x.sin() * x, ((),)),
    "a layer with a backward of scalar sums": (LinearByLoops.apply, ((3, 2), (4, 2))),
    "the same layer with a backward of matrices": (LinearByMatrices.apply, ((3, 2), (4, 2))),
}


class RejectsPlantedFaults(Reported, Check):
    """check_gradients rejects a wrong sign, a missing factor, one wrong element, a transposed Jacobian, an ignored or zero gradient."""

    def cases(self, draw: Draw):
        for kind in PLANTED:
            size = 1000 if "1,000" in kind else 100 if "100" in kind else 6
            yield case(kind, kind=kind, x=draw.uniform(size, low=0.5, high=1.5, dtype=DOUBLE))
        yield case("a single element", kind="the sign is wrong", x=draw.uniform(1, low=0.3, high=1.2, dtype=DOUBLE))
        yield case("a matrix gradient is mixed up", kind="mixed", x=draw.normal(3, 2, dtype=DOUBLE))
        yield case("the result is cut off the graph", kind="detached", x=draw.normal(3, dtype=DOUBLE))

    def probe(self, solution, kind, x):
        if kind == "mixed":
            inputs = (x, torch.cos(torch.arange(8, dtype=x.dtype)).reshape(4, 2))
            return plain(solution.check_gradients(LinearMixedUp.apply, inputs))
        f = (lambda z: z.detach() * 2) if kind == "detached" else PLANTED[kind]
        return plain(solution.check_gradients(f, (x,)))


class NanIsNoAgreement(Reported, Check):
    """check_gradients rejects a gradient with a NaN or an infinity in it."""

    def cases(self, draw: Draw):
        for value in (float("nan"), float("inf")):
            yield case(f"one entry is {value}", x=draw.normal(5, dtype=DOUBLE), value=value)

    def probe(self, solution, x, value):
        def backward(z, g):
            gradient = g * z.cos()
            return torch.where(torch.arange(len(z)) == 2, value, gradient)

        return plain(solution.check_gradients(plant(backward, torch.sin), (x,)))


class SmallGradientsCount(Reported, Check):
    """check_gradients rejects a wrong gradient of size 1e-5 too, also beside an input whose gradient is large."""

    calls = "check_gradients(f, (x, y))"

    def cases(self, draw: Draw):
        for label, large in (("alone", 0.0), ("beside a large one", 1.0)):
            for right in (False, True):
                x, y = (
                    draw.uniform(4, low=0.5, high=1.5, dtype=DOUBLE),
                    draw.uniform(3, low=0.5, high=1.5, dtype=DOUBLE),
                )
                yield case(f"{label}, {'right' if right else 'wrong by a factor'}", x=x, y=y, large=large, right=right)

    def probe(self, solution, x, y, large, right):
        square = HONEST["square"] if right else PLANTED["a factor 2 is missing"]
        return plain(solution.check_gradients(lambda a, b: large * a.exp().sum() + 1e-5 * square(b).sum(), (x, y)))


class SkipsAndTolerates(Reported, Check):
    """check_gradients hands integer inputs on, and takes unused, empty, constant and non-contiguous ones."""

    calls = "check_gradients(f, inputs)"

    def cases(self, draw: Draw):
        for kind in ODD:
            yield case(kind, kind=kind, x=draw.normal(4, 3, dtype=DOUBLE), index=draw.integers(0, 4, 5))

    def probe(self, solution, kind, x, index):
        f, inputs = ODD[kind](x, index)
        before = [each.clone() for each in inputs]
        with torch.set_grad_enabled(kind != "gradients are off"):
            report = plain(solution.check_gradients(f, inputs))
        unchanged = [same_bits(a, b) and a.grad is None for a, b in zip(inputs, before, strict=True)]
        return {**report, "unchanged": all(unchanged) and not any(each.requires_grad for each in inputs)}

    def verify(self, case, got, want):
        super().verify(case, got, want)
        expect(got["unchanged"], "an input was changed: its values, its .grad or its requires_grad")
        if case["kind"] == "nothing to check":
            where = (got["input"], tuple(got["index"]), got["worst"])
            expect(
                where == (-1, (), 0.0),
                f"with nothing to check input, index and worst are {where}, expected -1, () and 0.0",
            )


ODD = {
    "an integer input": lambda x, index: (functional.embedding, (index, x)),
    "an unused input": lambda x, index: (lambda a, b: a.exp().sum(), (x, x[0].clone())),
    "a transposed input": lambda x, index: (lambda a: a.sin() * 2, (x.t(),)),
    "a constant function": lambda x, index: (lambda a: a.sign() + 3, (x + 3 * x.sign(),)),
    "a result that does not need the inputs": lambda x, index: (lambda a: torch.ones(3, dtype=a.dtype), (x,)),
    "an empty input": lambda x, index: (lambda a, b: a.sum() + b.exp(), (x[:0], x)),
    "a slope of 0 beside others": lambda x, index: (lambda a: a**3, (torch.where(x > 0.5, x, 0.0),)),
    "an input of zeros": lambda x, index: (torch.sin, (x * 0,)),
    "gradients are off": lambda x, index: (torch.sin, (x,)),
    "one input twice": lambda x, index: (lambda a, b: a * b.cos(), (x, x)),
    "nothing to check": lambda x, index: (lambda i: i.double() * 2, (index,)),
}


class NamesTheWorst(Reported, Check):
    """check_gradients names the input, counted among all inputs, and the index tuple of the worst entry."""

    calls = "check_gradients(f, (integers, y, x))"

    def cases(self, draw: Draw):
        for shape in ((4, 5), (3, 2, 4), (7,)):
            place = tuple(draw.integer(0, size - 1) for size in shape)
            yield case(
                f"index {place} of y",
                x=draw.normal(6, 3, dtype=DOUBLE),
                y=draw.normal(*shape, dtype=DOUBLE),
                place=place,
            )

    def probe(self, solution, x, y, place):
        spot = torch.zeros(y.shape, dtype=torch.bool)
        spot[place] = True
        f = plant(lambda z, g: g * z.cos() + torch.where(spot, 0.5 * g, 0.0), torch.sin)
        whole = torch.tensor([2, 0, 1])
        report = plain(solution.check_gradients(lambda i, a, b: f(a).sum() + b[i].cos().mean(), (whole, y, x)))
        return {**report, "place": place}

    def verify(self, case, got, want):
        super().verify(case, got, want)
        expect(got["input"] == 1, f"the wrong gradient is that of inputs[1], reported was input {got['input']}")
        index, place = tuple(got["index"]), tuple(case["place"])
        expect(index == place, f"the wrong entry is at {place}, reported was {index}")


class ToleranceAndStepAreUsed(Reported, Check):
    """rtol decides between a per cent of error and none, worst is that error, and a given eps is the step that is taken."""

    calls = "check_gradients(f, (x,), eps, rtol)"

    def cases(self, draw: Draw):
        x = draw.uniform(5, low=0.8, high=1.2, dtype=DOUBLE)
        yield case("1 % off, rtol = 1e-3", x=x, share=0.01, eps=None, rtol=1e-3)
        yield case("1 % off, rtol = 0.05", x=x, share=0.01, eps=None, rtol=0.05)
        yield case("0.05 % off, rtol left to its default of 1e-4", x=x, share=5e-4, eps=None, rtol=None)
        yield case("0.002 % off, rtol left to its default of 1e-4", x=x, share=2e-5, eps=None, rtol=None)
        yield case("a right gradient and eps = 0.3", x=x, share=0.0, eps=0.3, rtol=1e-4)
        yield case("a right gradient and eps = 1e-4", x=x, share=0.0, eps=1e-4, rtol=1e-4)

    def probe(self, solution, x, share, eps, rtol):
        f = plant(lambda z, g: -(1 + share) * 3 * g * z**2, lambda z: -(z**3))
        return plain(
            solution.check_gradients(f, (x,), eps) if rtol is None else solution.check_gradients(f, (x,), eps, rtol)
        )

    def verify(self, case, got, want):
        super().verify(case, got, want)
        rtol = 1e-4 if case["rtol"] is None else case["rtol"]
        consistent = got["ok"] == (got["worst"] <= rtol)
        expect(consistent, f"ok is {got['ok']}, but worst is {got['worst']:.3g} and rtol {rtol:g}")
        if case["share"] == 0.01:
            expect(
                0.003 < got["worst"] < 0.03, f"the gradient is 1 % off; worst is {got['worst']:.3g}, a relative error"
            )


SINGLE = {
    "exp up to 10,000": lambda x, w: x.exp(),
    "a quadratic near 10,000": lambda x, w: 120 * x**2,
    "an offset of 10,000": lambda x, w: 1e4 + 3 * (x - 7) ** 2,
    "an offset of -10,000 beside small results": lambda x, w: torch.cat([3 * (x - 7) ** 2 - 1e4, x / 1000]),
    "x near 1,000": lambda x, w: (x * 110).sqrt(),
    "a layer with float32 weights": lambda x, w: torch.tanh((x - 8.5) @ w),
}


class NoFalseAlarmInSingle(Reported, Check):
    """In float32 check_gradients accepts right gradients: of exp, of results near 10,000, of a layer with weights; and no wrong one."""

    calls = "check_gradients(f, (x,)) in float32"

    def cases(self, draw: Draw):
        for kind in SINGLE:
            yield case(kind, kind=kind, x=draw.uniform(3, 4, low=8.0, high=9.2), w=draw.normal(4, 2), wrong=False)
        for kind in list(SINGLE)[:3]:
            yield case(
                f"{kind}, with a wrong sign",
                kind=kind,
                x=draw.uniform(3, 4, low=8.0, high=9.2),
                w=draw.normal(4, 2),
                wrong=True,
            )

        kind = "an offset of 10,000"  # rounding grows as the step shrinks, and so must the allowance
        x, w = draw.uniform(3, 4, low=8.0, high=9.2), draw.normal(4, 2)
        yield case(f"{kind}, a small eps given", kind=kind, x=x, w=w, wrong=False, eps=4e-3)
        x = -draw.uniform(3, 4, low=900.0, high=1100.0)
        x[0, 0] = 0.0
        yield case("a line far from 0, its gradient 10 % off", kind="a line", x=x, w=draw.normal(4, 2), wrong=True)

    def probe(self, solution, kind, x, w, wrong, eps=None):
        f = SINGLE.get(kind, lambda z, w: 3 * z)
        turned = plant(lambda z, g: 1.1 * g if kind == "a line" else -g, lambda z: z.clone())
        judged = (lambda z: f(turned(z), w)) if wrong else (lambda z: f(z, w))
        return plain(solution.check_gradients(judged, (x,), eps))
