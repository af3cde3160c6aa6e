"""Hidden checks of autograd/two-modes."""

from typing import ClassVar

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from leveling.checks import Check, Draw, case, expect

DOUBLE = torch.float64
ROUNDS = 20

ARITHMETIC = {
    "d + 2": lambda d, w: d + 2,
    "d - 0.5": lambda d, w: d - 0.5,
    "3 * d, d on the right": lambda d, w: 3 * d,
    "d / 4": lambda d, w: d / 4,
    "-d": lambda d, w: -d,
    "d - d * d": lambda d, w: d - d * d,
    "d / (d * d + 1)": lambda d, w: d / (d * d + 1),
    "a tensor on the right": lambda d, w: (d * w - w) / w + w,
}
LEFT = {
    "2 - d": lambda d, w: 2 - d,
    "1 / d": lambda d, w: 1 / d,
    "2 + d": lambda d, w: 2 + d,
    "tensor - d": lambda d, w: w - d,
    "tensor / d": lambda d, w: w / d,
    "tensor * d + tensor": lambda d, w: w + w * d,
}
FUNCTIONS = {
    "sin": lambda d, w: d.sin(),
    "exp": lambda d, w: d.exp(),
    "log": lambda d, w: d.log(),
    "tanh": lambda d, w: d.tanh(),
    "d ** 3": lambda d, w: d**3,
    "d ** -2": lambda d, w: d**-2,
    "d ** 0.5": lambda d, w: d**0.5,
    "sum(0)": lambda d, w: (d * w).sum(0),
    "an index": lambda d, w: d[1] * d[0],
    "a slice": lambda d, w: d[1:] - d[:-1],
}
COMPOSITES = {
    "a quotient of composites": lambda d, w: (d.sin() * d.exp() + 1) / (2 - d.tanh()) ** 2,
    "log of a sum of squares": lambda d, w: ((d * w).sum(0) ** 2 + 1).log(),
    "one variable used five times": lambda d, w: d * d.sin() + d / (1 + d * d),
    "a recursion": lambda d, w: step(step(step(d, w), w), w),
    "a norm": lambda d, w: d / (d * d).sum(0) ** 0.5,
}


def step(d, w):
    return 0.5 * d + (w - d).tanh()


def inputs(draw, *shape, dtype=torch.float32):
    """A positive x, a direction, and a tensor of constants, all of one shape."""
    return dict(
        x=draw.uniform(*shape, low=0.3, high=1.6, dtype=dtype),
        v=draw.normal(*shape, dtype=dtype),
        w=draw.uniform(*shape, low=0.5, high=2.0, dtype=dtype),
    )


class OnADual:
    """What the checks of Dual share: an expression on a Dual, told by value and tangent."""

    part = "Dual"
    calls = "an operation on d = Dual(x, v)"
    kinds: ClassVar[dict] = {}

    def cases(self, draw: Draw):
        for kind in self.kinds:
            yield case(kind, kind=kind, **inputs(draw, 4))

    def probe(self, solution, kind, x, v, w):
        expression = {**ARITHMETIC, **LEFT, **FUNCTIONS}[kind]
        result = expression(solution.Dual(x, v), w)
        return {"value": result.value, "tangent": result.tangent}


class ArithmeticOfDuals(OnADual, Check):
    """Sums, differences, products and quotients of Duals, numbers and tensors have the right value and tangent."""

    kinds = ARITHMETIC


class ConstantOnTheLeft(OnADual, Check):
    """A number or tensor may stand on the left: 2 - d, 1 / d, tensor / d."""

    kinds = LEFT


class FunctionsOfDuals(OnADual, Check):
    """sin, exp, log, tanh, powers, sum(dim) and indexing have the right value and tangent."""

    kinds = FUNCTIONS


class PowersAtZero(Check):
    """d ** 0 and d ** 1, d ** 2, d ** 3 at 0 have finite tangents: the slope of x ** n is n x ** (n - 1), and 0 for n = 0."""

    part = "Dual"
    calls = "Dual(x, v) ** n"

    def cases(self, draw: Draw):
        for n in (2, 0, 1, 3, 2.0, 0.0):
            x = draw.normal(4)
            x[::2] = 0.0
            yield case(f"n = {n}, x with zeros", x=x, v=draw.normal(4), n=n)

    def probe(self, solution, x, v, n):
        result = solution.Dual(x, v) ** n
        return {"value": result.value, "tangent": result.tangent}


class ShapesBroadcast(Check):
    """A (3, 1) Dual against a (4,) Dual or tensor gives a (3, 4) value and a (3, 4) tangent, which a later sum counts in full."""

    part = "Dual"
    calls = "an expression on Duals of shapes (3, 1) and (4,)"

    def cases(self, draw: Draw):
        for kind in ("a + b", "a * b", "a - w", "w - a", "a / w", "w / a", "(a + w).sum(1)", "(2 - w + a) ** 2"):
            yield case(
                kind,
                kind=kind,
                a=draw.uniform(3, 1, low=0.5, high=1.5),
                da=draw.normal(3, 1),
                b=draw.normal(4),
                db=draw.normal(4),
                w=draw.uniform(4, low=0.5, high=1.5),
            )

    def probe(self, solution, kind, a, da, b, db, w):
        first, second = solution.Dual(a, da), solution.Dual(b, db)
        result = {
            "a + b": lambda: first + second,
            "a * b": lambda: first * second,
            "a - w": lambda: first - w,
            "w - a": lambda: w - first,
            "a / w": lambda: first / w,
            "w / a": lambda: w / first,
            "(a + w).sum(1)": lambda: (first + w).sum(1),
            "(2 - w + a) ** 2": lambda: (2 - w + first) ** 2,
        }[kind]()
        return {"value": result.value, "tangent": result.tangent}


class CountCalls(TorchDispatchMode):
    """Counts operations that write a new tensor; views are free."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        taken = {each.untyped_storage().data_ptr() for each in args if isinstance(each, torch.Tensor)}
        self.count += result.untyped_storage().data_ptr() not in taken
        return result


class ConstantsAreFree(Check):
    """Constants carry no tangent: d * w takes one operation for the value and one for the tangent, d + w one in all."""

    part = "Dual"
    calls = f"d = d * w + w, {ROUNDS} times"
    compare = False
    truth = False

    def cases(self, draw: Draw):
        for label, number in (("w is a tensor", False), ("w is a number", True)):
            yield case(label, **inputs(draw, 5), number=number)

    def probe(self, solution, x, v, w, number):
        factor = 0.75 if number else w
        dual = solution.Dual(x, v)
        with CountCalls() as counted:
            for _ in range(ROUNDS):
                dual = dual * factor + factor
        return {"operations": counted.count, "value": dual.value}

    def verify(self, case, got, want):
        most = 4 * ROUNDS  # one to spare in each round, for a copy
        expect(
            got["operations"] <= most,
            f"{ROUNDS} rounds of d * w + w took {got['operations']} operations, at most {most} are needed: something is "
            "computed for the tangents of constants, which are zero",
        )


class PushesForward(Check):
    """jvp gives f(x) and J v of composites, for x of any shape, by one call of f."""

    part = "jvp"
    calls = "jvp(f, x, v)"

    def cases(self, draw: Draw):
        for kind in COMPOSITES:
            yield case(kind, kind=kind, **inputs(draw, 4))
        yield case("a matrix", kind="a quotient of composites", **inputs(draw, 2, 3))
        yield case("shape ()", kind="one variable used five times", **inputs(draw))
        yield case("no elements", kind="one variable used five times", **inputs(draw, 0))
        yield case("float64", kind="a norm", **inputs(draw, 5, dtype=DOUBLE))

    def probe(self, solution, kind, x, v, w):
        calls = []

        def f(z):
            calls.append(1)
            return COMPOSITES[kind](z, w)

        value, tangent = solution.jvp(f, x, v)
        return {"f(x)": value, "J v": tangent, "calls of f": len(calls)}


class PullsBack(Check):
    """vjp gives f(x) and u^T J, in x's shape, by one call of f, also inside torch.no_grad()."""

    part = "vjp"
    calls = "vjp(f, x, u)"

    def cases(self, draw: Draw):
        for kind in COMPOSITES:
            yield case(kind, kind=kind, **inputs(draw, 4), u=draw.normal(4), off=False)
        yield case("inside torch.no_grad()", kind="a norm", **inputs(draw, 4), u=draw.normal(4), off=True)
        yield case("a matrix", kind="a quotient of composites", **inputs(draw, 2, 3), u=draw.normal(2, 3), off=False)

    def probe(self, solution, kind, x, v, w, u, off):
        calls = []

        def f(z):
            calls.append(1)
            return COMPOSITES[kind](z, w)

        if kind == "log of a sum of squares":
            u = u.sum()
        with torch.set_grad_enabled(not off):
            value, pulled = solution.vjp(f, x, u)
        return {"f(x)": value.detach(), "u^T J": pulled.detach(), "calls of f": len(calls)}


class ConstantFunctions(Check):
    """Where f does not depend on x, J v and u^T J are zeros, not None and not an error."""

    calls = "jvp(f, x, v), vjp(f, x, u) and jacobian(f, x, 2), where f returns a constant"

    def cases(self, draw: Draw):
        for kind in ("a plain tensor", "a parameter", "x ** 0"):
            yield case(kind, **inputs(draw, 2), kind=kind)

    def probe(self, solution, x, v, w, kind):
        held = w.clone().requires_grad_(kind == "a parameter")
        f = (lambda z: z**0 * w) if kind == "x ** 0" else (lambda z: held * 2)
        return {
            "jvp": list(solution.jvp(f, x, v)),
            "vjp": list(solution.vjp(f, x, v)),
            "jacobian": solution.jacobian(f, x, 2),
        }


class LeavesNoTrace(Check):
    """Results have no history; x.grad and the flags of x, v and u stay as they were."""

    calls = "jvp, vjp and jacobian, and x afterwards"

    def cases(self, draw: Draw):
        yield case("x requires grad and has a .grad", **inputs(draw, 3), flag=True)
        yield case("x is plain", **inputs(draw, 3), flag=False)

    def probe(self, solution, x, v, w, flag):
        own = x.clone().requires_grad_(flag)
        own.grad = torch.full_like(x, 7.0) if flag else None

        def f(z):
            return (z * w).sin() + z

        results = [*solution.jvp(f, own, v), *solution.vjp(f, own, v), solution.jacobian(f, own, 3)]
        return {
            "a result requires grad": any(each.requires_grad for each in results),
            "x.grad": own.grad,
            "x requires grad": own.requires_grad,
            "v requires grad": v.requires_grad,
        }


class ModesAgree(Check):
    """u . (J v) from jvp equals (u^T J) . v from vjp to 1e-10 in float64."""

    calls = "jvp(f, x, v) and vjp(f, x, u)"
    compare = False

    def cases(self, draw: Draw):
        for kind in COMPOSITES:
            yield case(kind, kind=kind, **inputs(draw, 6, dtype=DOUBLE), u=draw.normal(6, dtype=DOUBLE))

    def probe(self, solution, kind, x, v, w, u):
        if kind == "log of a sum of squares":
            u = u.sum()
        forward = solution.jvp(lambda z: COMPOSITES[kind](z, w), x, v)[1]
        reverse = solution.vjp(lambda z: COMPOSITES[kind](z, w), x, u)[1]
        return {"u . (J v)": (u * forward).sum(), "(u^T J) . v": (reverse * v).sum()}

    def verify(self, case, got, want):
        first, second = (float(each) for each in got.values())
        expect(
            abs(first - second) <= 1e-10 * max(1.0, abs(first)),
            f"u . (J v) is {first:.15g}, (u^T J) . v is {second:.15g}",
        )


class WholeJacobian(Check):
    """jacobian is (M, N): rows are outputs, columns inputs, whichever of the two is larger."""

    part = "jacobian"
    calls = "jacobian(f, x, out_size)"

    def cases(self, draw: Draw):
        for m, n in ((3, 5), (5, 3), (4, 4), (1, 3), (3, 1), (1, 1)):
            yield case(f"M = {m}, N = {n}", x=draw.normal(n), w=draw.normal(m, n))
        yield case("float64", x=draw.normal(3, dtype=DOUBLE), w=draw.normal(2, 3, dtype=DOUBLE))

    def probe(self, solution, x, w):
        return solution.jacobian(lambda z: (w * z).sum(-1).tanh() + (z * z)[0], x, len(w))


class CheaperMode(Check):
    """For 3 outputs and 50 inputs, or the other way round, jacobian takes 3 passes, not 50."""

    part = "jacobian"
    calls = "jacobian(f, x, out_size), passes counted"
    compare = False

    def cases(self, draw: Draw):
        for m, n in ((3, 50), (50, 3)):
            yield case(f"M = {m}, N = {n}", x=draw.normal(n), w=draw.normal(m, n, std=0.2))

    def probe(self, solution, x, w):
        calls, reverse = [], []

        def f(z):
            calls.append(isinstance(z, torch.Tensor))
            z = z * 1.0
            if isinstance(z, torch.Tensor) and z.requires_grad:
                z.register_hook(reverse.append)
            return (w * z).sum(-1).tanh()

        found = solution.jacobian(f, x, len(w))
        return {"jacobian": found, "calls": len(calls), "passes": len(reverse) + calls.count(False)}

    def verify(self, case, got, want):
        least = min(case["w"].shape)
        calls, passes = int(got["calls"]), int(got["passes"])
        expect(calls <= least + 1, f"f was called {calls} times, {least} or one more are enough")
        expect(passes <= least + 1, f"it took {passes} passes, {least} or one more are enough in the other mode")
        gap = float((got["jacobian"] - want["jacobian"]).abs().max())
        expect(gap < 1e-5, f"the Jacobian is off by {gap:.3g}")
