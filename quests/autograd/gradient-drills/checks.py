"""Hidden checks of autograd/gradient-drills."""

import torch

from leveling.checks import Check, Draw, Workload, case, shares_memory

SCALARS = {
    "a polynomial": lambda x, a: (a * x**3 - 2 * x**2 + x).sum(),
    "a sine": lambda x, a: torch.sin(a * x).sum(),
    "an exponential": lambda x, a: torch.exp(a * x).sum() / 3,
    "a composite": lambda x, a: torch.log1p((torch.sin(x) * torch.exp(-a * x)).square().sum()),
}
CURVES = {
    "a polynomial": lambda x, a: a * x**4 - 2 * x**3 + x,
    "a sine": lambda x, a: torch.sin(a * x),
    "an exponential": lambda x, a: torch.exp(a * x) / 3,
    "a composite": lambda x, a: torch.log1p((torch.sin(x) * torch.exp(-a * x)).square()),
}
LINES = {
    "a line": lambda x, a: 3.0 * x + 1.0,
    "x itself": lambda x, a: x + 0.0,
    "a line whose slope is a parameter": lambda x, a: torch.full_like(x, a, requires_grad=True) * x,
    "a kinked line": lambda x, a: torch.relu(a * x),
}


def watched(x, earlier):
    """x as a leaf of the probe's own that already carries a gradient, or as the result of a computation."""
    if earlier == "computed":
        return x.detach().clone().requires_grad_() * 1.0
    own = x.detach().clone()
    if earlier == "a gradient":
        own.requires_grad_()
        own.grad = torch.full_like(own, 7.0)
    return own


def traces(x):
    """What a drill must leave alone."""
    grad = x.grad if x.is_leaf else None
    return {"x.requires_grad": x.requires_grad, "x.grad": None if grad is None else grad.clone()}


class OnWatchedInputs:
    """Inputs on which a drill could leave a trace, and places where gradients are off."""

    def cases(self, draw: Draw):
        def one(earlier, off):
            return dict(x=draw.uniform(5, low=0.3, high=1.5), a=draw.number(0.5, 1.5), earlier=earlier, off=off)

        yield case("x requires grad and has a .grad already", **one("a gradient", False))
        yield case("x does not require grad", **one("nothing", False))
        yield case("x is the result of a computation", **one("computed", False))
        yield case("inside torch.no_grad()", **one("a gradient", True))
        yield case("inside torch.no_grad(), x does not require grad", **one("nothing", True))

    def probe(self, solution, x, a, earlier, off):
        own = watched(x, earlier)
        with torch.set_grad_enabled(not off):
            result = self.probe_drill(solution, own, a)
            on = torch.is_grad_enabled()
        results = result if isinstance(result, tuple) else (result,)
        return {
            "result": [one.detach() for one in results],
            **traces(own),
            "result requires grad": any(one.requires_grad for one in results),
            "gradients on after the call": on,
        }


class GradientOf(Check):
    """gradient_of is the gradient of the scalar f(x), in x's shape and dtype."""

    part = "gradient_of"
    calls = "gradient_of(f, x)"

    def cases(self, draw: Draw):
        for name in SCALARS:
            yield case(name, name=name, x=draw.uniform(4, low=0.2, high=1.4), a=draw.number(0.5, 1.5))
        yield case("a matrix", name="a polynomial", x=draw.normal(3, 5), a=0.5)
        yield case("shape ()", name="a sine", x=draw.normal(), a=1.5)
        yield case("float64", name="a composite", x=draw.normal(3, dtype=torch.float64), a=0.5)
        yield case("no elements", name="a polynomial", x=draw.normal(0, 3), a=0.5)

    def probe(self, solution, name, x, a):
        return solution.gradient_of(lambda point: SCALARS[name](point, a), x)


class GradientOfLeavesNoTrace(OnWatchedInputs, Check):
    """gradient_of leaves x.grad and x.requires_grad alone, and works inside torch.no_grad()."""

    part = "gradient_of"
    calls = "gradient_of(f, x)"

    def probe_drill(self, solution, x, a):
        return solution.gradient_of(lambda point: (a * point**3).sum(), x)


class DerivativeCurve(Check):
    """derivative_curve is f' at every point, also of a single point and of none."""

    part = "derivative_curve"
    calls = "derivative_curve(f, xs)"

    def cases(self, draw: Draw):
        for name in CURVES:
            yield case(name, name=name, xs=draw.uniform(7, low=-1.5, high=1.5), a=draw.number(0.5, 1.5))
        yield case("one point", name="a sine", xs=draw.normal(1), a=1.5)
        yield case("no point", name="a sine", xs=draw.normal(0), a=1.5)

    def probe(self, solution, name, xs, a):
        return solution.derivative_curve(lambda point: CURVES[name](point, a), xs)


class DerivativeCurveLeavesNoTrace(OnWatchedInputs, Check):
    """derivative_curve leaves xs.grad and xs.requires_grad alone, and works inside torch.no_grad()."""

    part = "derivative_curve"
    calls = "derivative_curve(f, xs)"

    def probe_drill(self, solution, x, a):
        return solution.derivative_curve(lambda point: torch.sin(a * point), x)


class AccumulateAddsUp(Check):
    """accumulate with times = 3 gives the sum of three gradients, each of a new call of f."""

    part = "accumulate"
    calls = "accumulate(f, x, times)"

    def cases(self, draw: Draw):
        def one(times, moves):
            return dict(x=draw.normal(4), rows=draw.normal(6, 4), times=times, moves=moves)

        yield case("the same f three times", **one(3, False))
        yield case("once", **one(1, False))
        yield case("f reads the next row at every call", **one(3, True))
        yield case("six times, f reads the next row at every call", **one(6, True))

    def probe(self, solution, x, rows, times, moves):
        calls = []

        def loss(point):
            calls.append(1)
            row = rows[len(calls) - 1 if moves else 0]
            return (row * point).sum().square() + point.pow(3).sum()

        total = solution.accumulate(loss, x, times)
        return {"gradient": total, "calls of f": len(calls)}


class AccumulateOfNothing(Check):
    """accumulate with times = 0 gives None: no backward, no gradient."""

    part = "accumulate"
    calls = "accumulate(f, x, 0)"

    def cases(self, draw: Draw):
        yield case("x is new", x=draw.normal(4), earlier="nothing")
        yield case("x has a .grad already", x=draw.normal(4), earlier="a gradient")

    def probe(self, solution, x, earlier):
        return solution.accumulate(lambda point: point.pow(3).sum(), watched(x, earlier), 0)


class AccumulateLeavesNoTrace(OnWatchedInputs, Check):
    """accumulate starts from no gradient whatever x.grad holds, leaves it there, and works inside torch.no_grad()."""

    part = "accumulate"
    calls = "accumulate(f, x, 2)"

    def probe_drill(self, solution, x, a):
        return solution.accumulate(lambda point: (a * point**3).sum(), x, 2)


class PartialOfBoth(Check):
    """partial gives the gradient by x and the gradient by y, each in its own shape."""

    part = "partial"
    calls = "partial(f, x, y)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 2), y=draw.normal(2))
        yield case("a number for y", x=draw.normal(5), y=draw.normal())
        yield case("float64", x=draw.normal(4, dtype=torch.float64), y=draw.normal(4, dtype=torch.float64))

    def probe(self, solution, x, y):
        by_x, by_y = solution.partial(lambda a, b: (a.sin() * b.square()).sum(), x, y)
        return {"by x": by_x, "by y": by_y}


class PartialOfAnUnused(Check):
    """partial gives zeros of the right shape and dtype for an argument that f does not use."""

    part = "partial"
    calls = "partial(f, x, y)"

    def cases(self, draw: Draw):
        yield case("f ignores y", x=draw.normal(3, 2), y=draw.normal(5), uses="x")
        yield case("f ignores x", x=draw.normal(3, 2), y=draw.normal(5), uses="y")
        yield case("f ignores a float64 y", x=draw.normal(3), y=draw.normal(2, 1, dtype=torch.float64), uses="x")

    def probe(self, solution, x, y, uses):
        by_x, by_y = solution.partial(lambda a, b: (a if uses == "x" else b).exp().sum(), x, y)
        return {"by x": by_x, "by y": by_y}


class PartialOfOneTensorTwice(Check):
    """partial keeps the two arguments apart when the same tensor is given for both."""

    part = "partial"
    calls = "partial(f, x, x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4))

    def probe(self, solution, x):
        by_first, by_second = solution.partial(lambda a, b: (a.sin() * b.square()).sum(), x, x)
        return {"by the first": by_first, "by the second": by_second}


class PartialLeavesNoTrace(OnWatchedInputs, Check):
    """partial leaves .grad and requires_grad of its arguments alone, and works inside torch.no_grad()."""

    part = "partial"
    calls = "partial(f, x, y)"

    def probe_drill(self, solution, x, a):
        other = torch.full_like(x, a)
        result = tuple(solution.partial(lambda first, second: (first.sin() * second.square()).sum(), x, other))
        return (*result, torch.tensor(float(other.requires_grad)))


def with_gradients(values, kinds):
    """One tensor for each kind: with a .grad, without one, or frozen."""
    made = []
    for value, kind in zip(values, kinds, strict=True):
        tensor = value.detach().clone().requires_grad_(kind != "frozen")
        if kind == "filled":
            tensor.grad = torch.ones_like(tensor)
        made.append(tensor)
    return made


class ClearMeansNone(Check):
    """After clear_ every .grad is None, not zeros, and the values are untouched."""

    part = "clear_"
    calls = "clear_(params)"

    def cases(self, draw: Draw):
        yield dict(values=[draw.normal(3), draw.normal(2, 2), draw.normal()])

    def probe(self, solution, values):
        params = with_gradients(values, ["filled"] * len(values))
        solution.clear_(params)
        return {"grads": [p.grad for p in params], "values": [p.detach() for p in params]}


class ClearToleratesNone(Check):
    """clear_ takes parameters whose .grad is None already, frozen ones, and an empty list."""

    part = "clear_"
    calls = "clear_(params)"

    def cases(self, draw: Draw):
        yield case("some without .grad", values=[draw.normal(3) for _ in range(3)], kinds=["filled", "bare", "filled"])
        yield case("a frozen one", values=[draw.normal(3) for _ in range(2)], kinds=["frozen", "filled"])
        yield case("no parameter", values=[], kinds=[])

    def probe(self, solution, values, kinds):
        params = with_gradients(values, kinds)
        solution.clear_(params)
        return {"grads": [p.grad for p in params]}


class FrozenCopy(Check):
    """frozen_copy has x's values, dtype and shape, is a leaf and does not require grad."""

    part = "frozen_copy"
    calls = "frozen_copy(x)"

    def cases(self, draw: Draw):
        yield case("x requires grad", x=draw.normal(3, 5, requires_grad=True), computed=False)
        yield case("x was computed", x=draw.normal(3, 5, requires_grad=True), computed=True)
        yield case("x is plain", x=draw.normal(4), computed=False)
        yield case("integers", x=draw.integers(-5, 5, 2, 3), computed=False)
        yield case("shape ()", x=draw.normal(dtype=torch.float64), computed=False)
        yield case("no elements", x=draw.normal(0, 2, requires_grad=True), computed=True)

    def probe(self, solution, x, computed):
        copy = solution.frozen_copy(x * 2 if computed else x)
        return {"values": copy.detach(), "requires_grad": copy.requires_grad, "is_leaf": copy.is_leaf}


class FrozenCopyOwnsItsMemory(Check):
    """Changing x afterwards leaves the frozen copy as it was, and the other way round."""

    part = "frozen_copy"
    calls = "frozen_copy(x), then x.mul_(2)"

    def cases(self, draw: Draw):
        yield case("x requires grad", x=draw.normal(3, 5), flag=True)
        yield case("x is plain", x=draw.normal(3, 5), flag=False)

    def probe(self, solution, x, flag):
        own = x.detach().clone().requires_grad_(flag)
        copy = solution.frozen_copy(own)
        with torch.no_grad():
            own.mul_(2)
        return {"copy": copy.detach(), "shares memory": shares_memory(copy, own)}


class WithoutGraph(Check):
    """without_graph gives f(x) with grad_fn None, although x and a parameter inside f require grad."""

    part = "without_graph"
    calls = "without_graph(f, x)"

    def cases(self, draw: Draw):
        yield case("x requires grad", x=draw.normal(3, requires_grad=True), w=draw.normal(3))
        yield case("f holds a parameter", x=draw.normal(3), w=draw.normal(3, requires_grad=True))
        yield case("both", x=draw.normal(3, requires_grad=True), w=draw.normal(3, requires_grad=True))

    def probe(self, solution, x, w):
        y = solution.without_graph(lambda point: torch.sin(point * w), x)
        return {"f(x)": y.detach(), "requires_grad": y.requires_grad, "grad_fn is None": y.grad_fn is None}


class NothingIsRecorded(Check):
    """While f runs inside without_graph, nothing is recorded: no graph is built and thrown away."""

    part = "without_graph"
    calls = "without_graph(f, x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3), w=draw.normal(3))

    def probe(self, solution, x, w):
        own, weight = x.clone().requires_grad_(), w.clone().requires_grad_()
        recorded = []

        def f(point):
            hidden = point * weight
            recorded.append(hidden.requires_grad)
            return hidden.exp()

        solution.without_graph(f, own)
        return {"recorded inside f": any(recorded), "x still requires grad": own.requires_grad}


class GradientsComeBackOn(Check):
    """After without_graph, gradients are on or off as before, and its result can be used in what is differentiated."""

    part = "without_graph"
    calls = "y = without_graph(f, x), then (y * w).sum().backward()"

    def cases(self, draw: Draw):
        for label, on in (("gradients on", True), ("gradients off", False)):
            yield case(label, x=draw.normal(3), w=draw.normal(3), on=on)

    def probe(self, solution, x, w, on):
        with torch.set_grad_enabled(on):
            y = solution.without_graph(torch.exp, x.clone().requires_grad_())
            after = torch.is_grad_enabled()
        with torch.enable_grad():
            weight = w.clone().requires_grad_()
            (y * weight).sum().backward()
        return {"gradients on": after, "gradient of w": weight.grad}


class Doubled(torch.autograd.Function):
    """A Function of our own: its node is called DoubledBackward, without a number."""

    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


def specimens(x, w):
    """Tensors of every kind that leaf_report tells apart, by name."""
    a, b = x.clone().requires_grad_(), w.clone()
    with torch.no_grad():
        quiet = a * 2
    return {
        "parameter": torch.nn.Parameter(b.clone()),
        "wants a gradient": a,
        "plain": b,
        "integers": torch.arange(3),
        "plain times plain": b * b,
        "detached": (a * b).detach(),
        "under no_grad": quiet,
        "product": a * b,
        "sum of all": (a * b).sum(),
        "matrix product": a[None] @ a[:, None],
        "squeezed": a[None].squeeze(0),
        "log1p": torch.log1p(a.abs()),
        "own function": Doubled.apply(a),
        "in place": (a * 1).add_(1),
    }


FEW = ("wants a gradient", "plain", "product", "sum of all", "matrix product")


class LeafReport(Check):
    """leaf_report tells leaves, frozen leaves and computed tensors apart, and names what made the last ones."""

    part = "leaf_report"
    calls = "leaf_report(tensors)"
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3), w=draw.normal(3))

    def probe(self, solution, x, w):
        known = specimens(x, w)
        return solution.leaf_report({name: known[name] for name in FEW})


class LeafReportOfOddOnes(Check):
    """leaf_report is right for tensors made under no_grad, detached ones, SqueezeBackward1, Log1PBackward0 and own Functions."""

    part = "leaf_report"
    calls = "leaf_report(tensors)"
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3), w=draw.normal(3), empty=False)
        yield case("no tensor", x=draw.normal(3), w=draw.normal(3), empty=True)

    def probe(self, solution, x, w, empty):
        return solution.leaf_report({} if empty else specimens(x, w))


class SecondDerivative(Check):
    """second_derivative is f'' at every entry, for any shape of x."""

    part = "second_derivative"
    calls = "second_derivative(f, x)"

    def cases(self, draw: Draw):
        for name in CURVES:
            yield case(name, name=name, x=draw.uniform(5, low=-1.2, high=1.2), a=draw.number(0.5, 1.5))
        yield case("a matrix", name="a sine", x=draw.normal(2, 3), a=1.5)
        yield case("shape ()", name="a polynomial", x=draw.normal(), a=0.5)
        yield case("no elements", name="a sine", x=draw.normal(0), a=0.5)

    def probe(self, solution, name, x, a):
        return solution.second_derivative(lambda point: CURVES[name](point, a), x)


class SecondDerivativeOfALine(Check):
    """second_derivative of a function with a constant slope is zeros, not an error and not None."""

    part = "second_derivative"
    calls = "second_derivative(f, x)"

    def cases(self, draw: Draw):
        for name in LINES:
            yield case(name, name=name, x=draw.normal(2, 3), a=draw.number(0.5, 1.5))

    def probe(self, solution, name, x, a):
        return solution.second_derivative(lambda point: LINES[name](point, a), x)


class SecondDerivativeLeavesNoTrace(OnWatchedInputs, Check):
    """second_derivative leaves x.grad and x.requires_grad alone, and works inside torch.no_grad()."""

    part = "second_derivative"
    calls = "second_derivative(f, x)"

    def probe_drill(self, solution, x, a):
        return solution.second_derivative(lambda point: a * point**3, x)


class VectorJacobian(Check):
    """vector_jacobian is v^T J, (N,), for more outputs than inputs and for fewer."""

    part = "vector_jacobian"
    calls = "vector_jacobian(f, x, v)"

    def cases(self, draw: Draw):
        for m, n in ((3, 5), (5, 3), (4, 4), (1, 3), (3, 1)):
            yield case(f"M = {m}, N = {n}", w=draw.normal(m, n), x=draw.normal(n), v=draw.normal(m))

    def probe(self, solution, w, x, v):
        return solution.vector_jacobian(lambda point: torch.tanh(w @ point), x, v)


class VectorJacobianLeavesNoTrace(OnWatchedInputs, Check):
    """vector_jacobian leaves x.grad and x.requires_grad alone, and works inside torch.no_grad()."""

    part = "vector_jacobian"
    calls = "vector_jacobian(f, x, v)"

    def probe_drill(self, solution, x, a):
        v = torch.tensor([a, -1.0, 2.0], dtype=x.dtype)
        return solution.vector_jacobian(lambda point: point.exp()[:3], x, v)


class ManyPoints(Workload):
    """The slopes of a sine at 10 points and at 100."""

    calls = "derivative_curve(torch.sin, xs)"

    def cases(self, draw: Draw):
        yield case("10 points", xs=draw.normal(10))
        yield case("100 points", xs=draw.normal(100))

    def probe(self, solution, xs):
        return solution.derivative_curve(torch.sin, xs)
