"""Hidden checks of autograd/double-backward."""

import gc
import weakref

import torch
from torch import nn

from leveling.checks import Check, Draw, Workload, case, expect, fill_parameters, gradients, kind_raised

THREE = ("Cube", "Exp", "sinh")
ONCE_AT_MOST = ("Cube", "Exp", "sinh", "TanhOnce")


def called(solution, name, x):
    """The function of that name, applied."""
    return solution.sinh(x) if name == "sinh" else getattr(solution, name).apply(x)


def slope(y, x):
    """dy/dx for elementwise functions, with a graph of its own; None where y does not know of x."""
    if not y.requires_grad:
        return None
    return torch.autograd.grad(y.sum(), x, create_graph=True, allow_unused=True)[0]


class Values(Check):
    """Cube, Exp, sinh and TanhOnce give x^3, e^x, sinh x and tanh x."""

    calls = "Cube.apply(x), Exp.apply(x), sinh(x), TanhOnce.apply(x)"

    def cases(self, draw: Draw):
        for name in ONCE_AT_MOST:
            yield case(name, name=name, x=draw.normal(3, 4))
            yield case(f"{name}, one number", name=name, x=draw.normal())
            yield case(f"{name}, nothing", name=name, x=draw.normal(0, 2))
        yield case("TanhOnce, saturated", name="TanhOnce", x=draw.normal(3, mean=50.0))

    def probe(self, solution, name, x):
        return called(solution, name, x)


class FirstDerivatives(Check):
    """Their gradients are 3 x^2, e^x, cosh x and 1 - tanh^2 x, times the gradient that arrives."""

    calls = "f(x), then backward"

    def cases(self, draw: Draw):
        for name in ONCE_AT_MOST:
            yield case(name, name=name, x=draw.normal(3, 4, requires_grad=True))
            yield case(f"{name}, one number", name=name, x=draw.normal(requires_grad=True))
            yield case(f"{name}, nothing", name=name, x=draw.normal(0, 2, requires_grad=True))

    def probe(self, solution, name, x):
        return gradients(called(solution, name, x), x=x)


class SecondDerivatives(Check):
    """Cube, Exp and sinh: second and third derivatives are those of the mathematics, 6 x and 6, e^x, sinh x and cosh x."""

    calls = "autograd.grad(..., create_graph=True), two and three times"

    def cases(self, draw: Draw):
        for name in THREE:
            yield case(name, name=name, x=draw.normal(3, 4, requires_grad=True))

    def probe(self, solution, name, x):
        found, y = {}, called(solution, name, x)
        for order in ("first", "second", "third"):
            y = slope(y, x)
            found[f"{order} derivative"] = y
            if y is None:
                break
        return {key: None if value is None else value.detach() for key, value in found.items()}


class SecondDerivativesOfSquares(Check):
    """The second derivative of f(x)^2, which has two terms, is complete: 2 f'^2 + 2 f f''."""

    calls = "second derivative of f(x) ** 2"

    def cases(self, draw: Draw):
        for name in THREE:
            yield case(name, name=name, x=draw.normal(3, 4, requires_grad=True))

    def probe(self, solution, name, x):
        second = slope(slope(called(solution, name, x) ** 2, x), x)
        return None if second is None else second.detach()


class GradcheckAndGradgradcheck(Check):
    """torch.autograd.gradcheck and gradgradcheck accept Cube, Exp and sinh in float64, gradcheck TanhOnce as well."""

    calls = "torch.autograd.gradcheck, gradgradcheck"
    compare = False

    def cases(self, draw: Draw):
        for name in ONCE_AT_MOST:
            yield case(name, name=name, x=draw.normal(2, 3, dtype=torch.float64, requires_grad=True))

    def probe(self, solution, name, x):
        def call(point):
            return called(solution, name, point)

        first = torch.autograd.gradcheck(call, (x,), raise_exception=False)
        if name == "TanhOnce":
            return {"first": first, "second": True}
        return {"first": first, "second": torch.autograd.gradgradcheck(call, (x,), raise_exception=False)}

    def verify(self, case, got, want):
        expect(got["first"], "gradcheck: the gradient does not agree with finite differences of the value")
        expect(got["second"], "gradgradcheck: the second derivative does not agree with differences of the first")


class TanhRefusesTheSecond(Check):
    """Differentiating the gradient of TanhOnce raises RuntimeError, also as a part of a larger sum; no number comes out."""

    calls = "the gradient of TanhOnce.apply(x), with create_graph; then its gradient"
    compare = False

    def cases(self, draw: Draw):
        for label, squared, beside in (
            ("alone", False, False),
            ("of tanh squared", True, False),
            ("of tanh squared, beside x * x", True, True),
            ("alone, beside x * x", False, True),
        ):
            for way in ("backward", "autograd.grad"):
                x = draw.normal(4, requires_grad=True)
                yield case(f"{label}, by {way}", x=x, squared=squared, beside=beside, way=way)

    def probe(self, solution, x, squared, beside, way):
        y = solution.TanhOnce.apply(x)
        first = slope(y * y if squared else y, x)
        total = (first * first).sum() + ((x * x).sum() if beside else 0.0)
        if way == "backward":
            return kind_raised(RuntimeError, total.backward)
        return kind_raised(RuntimeError, torch.autograd.grad, total, x)

    def verify(self, case, got, want):
        expect(
            got == "RuntimeError",
            f"the second backward raised {got}, expected RuntimeError: what came out lacks the part through tanh",
        )


class NothingLeaks(Check):
    """A result that is thrown away frees its memory at once, before any backward."""

    calls = "y = f(x); del y"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for name in ONCE_AT_MOST:
            yield case(name, name=name, x=draw.normal(64, requires_grad=True))

    def probe(self, solution, name, x):
        gc.disable()  # a circle would be found some day; what has none is gone at once
        try:
            y = called(solution, name, x)
            watched = weakref.ref(y)
            del y
            return watched() is None
        finally:
            gc.enable()

    def verify(self, case, got, want):
        expect(
            got,
            "the result lives on until a garbage collection: ctx holds it as an attribute, its node holds ctx, and it holds its node; "
            "ctx.save_for_backward knows how to avoid that circle",
        )


class Wide(nn.Module):
    """A critic of rows or images: flattens, then two layers; scores (B,) or (B, 1)."""

    def __init__(self, features, column):
        super().__init__()
        self.first, self.last = nn.Linear(features, 5), nn.Linear(5, 1)
        self.column = column

    def forward(self, x):
        """x (B, ...) -> (B,) or (B, 1)."""
        scores = self.last(self.first(x.flatten(1)).tanh())
        return scores if self.column else scores.squeeze(1)


def critic_for(x, column=True):
    """The critic with fixed parameters, in the dtype of x."""
    return fill_parameters(Wide(x[0].numel(), column)).to(x.dtype)


class PenaltyValue(Check):
    """gradient_penalty is the mean over samples of (length of the sample's gradient - 1)^2, for rows and for images."""

    part = "gradient_penalty"
    calls = "gradient_penalty(critic, x)"

    def cases(self, draw: Draw):
        yield case("rows", x=draw.normal(6, 3), column=True)
        yield case("scores without a column", x=draw.normal(6, 3), column=False)
        yield case("one sample", x=draw.normal(1, 3), column=True)
        yield case("images", x=draw.normal(3, 2, 4, 5), column=True)
        yield case("one number each", x=draw.normal(5, 1), column=False)

    def probe(self, solution, x, column):
        return solution.gradient_penalty(critic_for(x, column), x).detach()


class PenaltyTeachesTheCritic(Check):
    """The penalty's gradient reaches every parameter; the last bias, which shifts all scores alike, gets none or zeros."""

    part = "gradient_penalty"
    calls = "gradient_penalty(critic, x), then backward"

    def cases(self, draw: Draw):
        yield case("rows", x=draw.normal(6, 3))
        yield case("one sample", x=draw.normal(1, 3))
        yield case("images", x=draw.normal(3, 2, 4, 5))
        yield case("x requires grad", x=draw.normal(6, 3, requires_grad=True))

    def probe(self, solution, x):
        critic = critic_for(x)
        penalty = solution.gradient_penalty(critic, x)
        if not penalty.requires_grad:
            return "the penalty has no graph: it cannot be learned from"
        named = dict(critic.named_parameters())
        found = torch.autograd.grad(penalty, list(named.values()), allow_unused=True)
        return {
            f"gradient of {name}": torch.zeros_like(p) if grad is None else grad
            for (name, p), grad in zip(named.items(), found, strict=True)
        }


class FlatSamplesAreHarmless(Check):
    """A sample whose gradient is 0 counts 1 and leaves the parameters' gradients finite."""

    part = "gradient_penalty"
    calls = "gradient_penalty(critic, x) where relu is off for one sample, then backward"

    def cases(self, draw: Draw):
        x = draw.uniform(4, 3, low=0.5, high=1.5)
        x[2] *= -1
        yield case("one flat sample", x=x, w=draw.uniform(3, low=0.2, high=1.0, requires_grad=True))
        yield case("all samples flat", x=-x.abs(), w=draw.uniform(3, low=0.2, high=1.0, requires_grad=True))

    def probe(self, solution, x, w):
        penalty = solution.gradient_penalty(lambda point: (point @ w).relu(), x)
        found = torch.autograd.grad(penalty, w, allow_unused=True)[0] if penalty.requires_grad else None
        return {"penalty": penalty.detach(), "gradient of w": torch.zeros_like(w) if found is None else found}


class PenaltyLeavesNoTrace(Check):
    """x, its requires_grad and all .grad stay as they are; under torch.no_grad the value comes without a graph."""

    part = "gradient_penalty"
    calls = "gradient_penalty(critic, x)"

    def cases(self, draw: Draw):
        for recording in (True, False):
            yield case("recording" if recording else "under torch.no_grad", x=draw.normal(6, 3), recording=recording)

    def probe(self, solution, x, recording):
        critic = critic_for(x)
        with torch.set_grad_enabled(recording):
            penalty = solution.gradient_penalty(critic, x)
        filled = [name for name, p in critic.named_parameters() if p.grad is not None]
        return {
            "penalty": penalty.detach(),
            "has a graph": penalty.requires_grad,
            "x requires grad": x.requires_grad,
            "x.grad is filled": x.grad is not None,
            "parameters whose .grad is filled": filled,
        }


class MillionExponentials(Workload):
    """Exp of 2**20 numbers: 4 MiB in float32."""

    calls = "Exp.apply(x) of 1,048,576 numbers"

    def cases(self, draw: Draw, count: int = 1 << 20):
        yield dict(x=draw.normal(count, requires_grad=True))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=16))

    def probe(self, solution, x):
        return solution.Exp.apply(x)
