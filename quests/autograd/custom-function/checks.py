"""Hidden checks of autograd/custom-function."""

import math

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from leveling.checks import Check, Draw, Workload, case, expect, gradients, kind_raised

LEGENDRE = "Legendre3.apply(x)"
POLYNOMIAL = "Polynomial.apply(x, coefficients)"


def value(solution, x, coefficients):
    """The polynomial through `coefficients`, or P3 where there are none."""
    return solution.Legendre3.apply(x) if coefficients is None else solution.Polynomial.apply(x, coefficients)


class CountedOps(TorchDispatchMode):
    """Counts the operations that reach the dispatcher."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Let the operation pass, and count it."""
        self.count += 1
        return func(*args, **(kwargs or {}))


class TakesNoGradient(torch.autograd.Function):
    """Sits behind the learner's output and hands no gradient back: None, as for an output that nothing uses."""

    @staticmethod
    def forward(ctx, y):
        """A copy of y."""
        return y.clone()

    @staticmethod
    def backward(ctx, grad):
        """Nothing."""
        return


class LegendreValues(Check):
    """Legendre3.apply gives (5 x^3 - 3 x) / 2 for every entry, whatever the shape."""

    calls = LEGENDRE

    def cases(self, draw: Draw):
        yield case("a vector", x=draw.normal(7))
        yield case("a matrix", x=draw.normal(3, 5, std=2.0))
        yield case("one number", x=draw.normal())
        yield case("nothing", x=draw.normal(0, 3))
        yield case("large values", x=draw.normal(5, mean=1e4))

    def probe(self, solution, x):
        return solution.Legendre3.apply(x)


class LegendreGradient(Check):
    """The gradient is (15 x^2 - 3) / 2 times the gradient that arrives."""

    calls = f"{LEGENDRE}, then backward"

    def cases(self, draw: Draw):
        yield case("a vector", x=draw.normal(7, requires_grad=True))
        yield case("a cube", x=draw.normal(2, 3, 5, requires_grad=True))
        yield case("one number", x=draw.normal(requires_grad=True))
        yield case("nothing", x=draw.normal(0, 3, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.Legendre3.apply(x), x=x)


class PolynomialValues(Check):
    """Polynomial.apply gives sum_k c_k x^k, for one coefficient too, and keeps shape and dtype of x."""

    calls = POLYNOMIAL

    def cases(self, draw: Draw):
        yield case("three coefficients", x=draw.normal(5), coefficients=draw.normal(3))
        yield case("seven coefficients, a matrix", x=draw.normal(3, 4), coefficients=draw.normal(7))
        yield case("two coefficients", x=draw.normal(3, 4), coefficients=draw.normal(2))
        yield case("a constant (K = 1)", x=draw.normal(3, 2), coefficients=draw.normal(1))
        yield case("one number", x=draw.normal(), coefficients=draw.normal(4))
        yield case("nothing", x=draw.normal(0, 2), coefficients=draw.normal(4))
        yield case("at 0", x=torch.zeros(3), coefficients=draw.normal(4))

    def probe(self, solution, x, coefficients):
        return solution.Polynomial.apply(x, coefficients)


class PolynomialGradients(Check):
    """Gradients of x and of the coefficients match: c_k collects grad * x^k over all entries of x."""

    calls = f"{POLYNOMIAL}, then backward"

    def cases(self, draw: Draw):
        for label, shape, count in (
            ("a vector", (5,), 3),
            ("a matrix", (3, 4), 5),
            ("two coefficients", (3, 2), 2),
            ("a constant (K = 1)", (3, 2), 1),
            ("one number", (), 4),
            ("nothing", (0, 2), 3),
        ):
            x = draw.normal(*shape, requires_grad=True)
            yield case(label, x=x, coefficients=draw.normal(count, requires_grad=True))

    def probe(self, solution, x, coefficients):
        return gradients(solution.Polynomial.apply(x, coefficients), x=x, coefficients=coefficients)


class PassesGradcheck(Check):
    """torch.autograd.gradcheck accepts both Functions in float64, a constant polynomial included."""

    calls = "torch.autograd.gradcheck(...)"
    compare = False

    def cases(self, draw: Draw):
        for label, count in (("Legendre3", 0), ("Polynomial, K = 4", 4), ("Polynomial, K = 1", 1)):
            x = draw.normal(2, 3, dtype=torch.float64, requires_grad=True)
            c = draw.normal(count, dtype=torch.float64, requires_grad=True) if count else None
            yield case(label, x=x, coefficients=c)

    def probe(self, solution, x, coefficients):
        inputs = (x,) if coefficients is None else (x, coefficients)
        call = solution.Legendre3.apply if coefficients is None else solution.Polynomial.apply
        return torch.autograd.gradcheck(call, inputs, raise_exception=False, check_undefined_grad=False)

    def verify(self, case, got, want):
        expect(got, "gradcheck: the gradient does not agree with finite differences of the value")


class AddsUpOverTwoUses(Check):
    """Used twice in one graph, and with an expanded incoming gradient (as sum() hands down), gradients still match."""

    calls = "(f(x) + f(2 x)).sum().backward()"

    def cases(self, draw: Draw):
        yield case("Legendre3", x=draw.normal(3, 4, requires_grad=True), c=None)
        yield case("Polynomial", x=draw.normal(3, 4, requires_grad=True), c=draw.normal(5, requires_grad=True))

    def probe(self, solution, x, c):
        total = (value(solution, x, c) + value(solution, 2 * x, c)).sum()
        return gradients(total, x=x) if c is None else gradients(total, x=x, c=c)


class NoGradientArrives(Check):
    """Where no gradient arrives (an output that the loss ignores), x and coefficients get none, or zeros; nothing crashes."""

    calls = "backward through an output from which no gradient comes back"
    compare = False

    def cases(self, draw: Draw):
        yield case("Legendre3", x=draw.normal(3, requires_grad=True), c=None)
        yield case("Polynomial", x=draw.normal(3, requires_grad=True), c=draw.normal(2, requires_grad=True))

    def probe(self, solution, x, c):
        ignored = TakesNoGradient.apply(value(solution, x * 1, c))
        loss = ignored.sum() + x.sum()
        wanted = [x] if c is None else [x, c]
        return torch.autograd.grad(loss, wanted, allow_unused=True)

    def verify(self, case, got, want):
        expect(bool((got[0] == 1).all()), f"x has the gradient {got[0].tolist()}, expected 1 from its other use")
        expect(len(got) == 1 or got[1] is None or not got[1].any(), f"the coefficients have a gradient: {got[1:]}")


class OutputsHaveTheirOwnMemory(Check):
    """Writing into the result in place works and changes neither x nor the coefficients, for a constant too."""

    calls = f"y = {POLYNOMIAL}; y.add_(1.0)"

    def cases(self, draw: Draw):
        yield case("a constant (K = 1)", x=draw.normal(3, 2), c=draw.normal(1))
        yield case("K = 2", x=draw.normal(3, 2), c=draw.normal(2))
        yield case("Legendre3", x=draw.normal(3, 2), c=None)

    def probe(self, solution, x, c):
        return value(solution, x, c).add_(1.0)


class OnlyWhatIsWanted(Check):
    """backward does no work for an input that needs no gradient, and returns None for it."""

    calls = f"{POLYNOMIAL}, one input without requires_grad; then its backward"
    compare = False
    truth = False

    def cases(self, draw: Draw):
        for x_wants, label in ((True, "only x wants a gradient"), (False, "only the coefficients want one")):
            yield case(label, x=draw.normal(5), c=draw.normal(6), x_wants=x_wants)

    def probe(self, solution, x, c, x_wants):
        def backward_ops(first, second):
            y = solution.Polynomial.apply(first, second)
            with CountedOps() as ops:
                found = y.grad_fn.apply(torch.ones_like(y))
            return ops.count, [each is not None for each in found]

        both, _ = backward_ops(x.clone().requires_grad_(), c.clone().requires_grad_())
        one, given = backward_ops(x.clone().requires_grad_(x_wants), c.clone().requires_grad_(not x_wants))
        return {"both": both, "one": one, "given": given}

    def verify(self, case, got, want):
        wants = [case["x_wants"], not case["x_wants"]]
        expect(
            got["one"] < got["both"],
            f"backward took {got['one']} operations for one gradient and {got['both']} for both; look at ctx.needs_input_grad",
        )
        expect(
            got["given"] == wants,
            f"backward returned {['None', 'a tensor'][got['given'][0]]} for x and {['None', 'a tensor'][got['given'][1]]} "
            f"for the coefficients; expected None where no gradient is wanted",
        )


class StaleInputRaises(Check):
    """An input changed in place between forward and backward makes backward raise RuntimeError, never a wrong number."""

    calls = "y = apply(...); change an input in place; y.sum().backward()"
    compare = False
    changes = ("x", "c")

    def cases(self, draw: Draw):
        yield case("Legendre3, x changed", x=draw.normal(4, requires_grad=True), c=None, which="x")
        for which in ("x", "c"):
            x, c = draw.normal(4, requires_grad=True), draw.normal(3, requires_grad=True)
            yield case(f"Polynomial, {'x' if which == 'x' else 'coefficients'} changed", x=x, c=c, which=which)

    def probe(self, solution, x, c, which):
        y = value(solution, x, c)
        with torch.no_grad():
            (x if which == "x" else c).add_(1.0)
        return kind_raised(RuntimeError, y.sum().backward)

    def verify(self, case, got, want):
        expect(
            got == "RuntimeError",
            f"backward raised {got}; expected RuntimeError, because the values it needs were overwritten "
            "(autograd only watches what went through ctx.save_for_backward)",
        )


class SecondBackwardRaises(Check):
    """A second backward through the same graph raises RuntimeError, unless the first one kept it (retain_graph)."""

    calls = "y.backward() twice"
    compare = False

    def cases(self, draw: Draw):
        for retain in (False, True):
            kept = "retain_graph=True" if retain else "without retain_graph"
            x, c = draw.normal(4, requires_grad=True), draw.normal(3, requires_grad=True)
            yield case(f"Legendre3, {kept}", x=x, c=None, retain=retain)
            yield case(f"Polynomial, {kept}", x=x.detach().clone().requires_grad_(), c=c, retain=retain)

    def probe(self, solution, x, c, retain):
        x = x.detach().clone().requires_grad_()
        total = value(solution, x, c).sum()
        total.backward(retain_graph=retain)
        return kind_raised(RuntimeError, total.backward)

    def verify(self, case, got, want):
        expected = "nothing" if case["retain"] else "RuntimeError"
        expect(got == expected, f"the second backward raised {got}, expected {expected}")


class FitFollowsTheGradient(Check):
    """fit_sine starts where it should and moves by -lr times the gradient of the mean squared error."""

    part = "fit_sine"
    calls = "fit_sine(xs, steps, lr, seed)"

    def cases(self, draw: Draw):
        for steps in (0, 1, 3):
            xs = draw.uniform(11, low=-3.0, high=3.0)
            yield case(f"{steps} steps", xs=xs, steps=steps, lr=draw.number(0.005, 0.01), seed=draw.seed())

    def probe(self, solution, xs, steps, lr, seed):
        return solution.fit_sine(xs, steps, lr, seed)


class FitReachesTheLoss(Check):
    """After 200 steps the mean squared error is within 2 percent of the reference's, for two seeds."""

    part = "fit_sine"
    calls = "fit_sine(xs, 200, 0.01, seed)"
    compare = False
    truth = False

    def cases(self, draw: Draw):
        for _ in range(2):
            yield dict(xs=torch.linspace(-math.pi, math.pi, 301), steps=200, lr=0.01, seed=draw.seed())

    def probe(self, solution, xs, steps, lr, seed):
        before = torch.get_rng_state()
        found = solution.fit_sine(xs, steps, lr, seed)
        return {"parameters": found, "graph": found.requires_grad, "drew": not before.equal(torch.get_rng_state())}

    def verify(self, case, got, want):
        def loss(parameters):
            a, b, c, d = parameters.double()
            u = c + d * case["xs"].double()
            return float((a + b * (5 * u**3 - 3 * u) / 2 - case["xs"].double().sin()).square().mean())

        mine, theirs = loss(got["parameters"]), loss(want["parameters"])
        expect(mine <= 1.02 * theirs, f"the mean squared error is {mine:.4f} after 200 steps, expected {theirs:.4f}")
        expect(not got["graph"], "the result requires grad; return it without graph")
        expect(not got["drew"], "the global generator has moved; draw from a torch.Generator of your own")


class MillionNumbers(Workload):
    """Legendre3 of 2**20 numbers: 4 MiB in float32."""

    calls = "Legendre3.apply(x) of 1,048,576 numbers"

    def cases(self, draw: Draw, count: int = 1 << 20):
        yield dict(x=draw.normal(count, requires_grad=True))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=16))

    def probe(self, solution, x):
        return solution.Legendre3.apply(x)


class ManyCoefficients(Workload):
    """A polynomial of 32 coefficients."""

    calls = "Polynomial.apply(x, coefficients), K = 32"

    def cases(self, draw: Draw, count: int = 32):
        x = draw.uniform(17, low=-1.0, high=1.0, requires_grad=True)
        yield dict(x=x, coefficients=draw.normal(count, requires_grad=True))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=2))

    def probe(self, solution, x, coefficients):
        return solution.Polynomial.apply(x, coefficients)
