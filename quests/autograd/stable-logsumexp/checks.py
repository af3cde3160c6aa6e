"""Hidden checks of autograd/stable-logsumexp."""

import torch
from torch import nn

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients

CALL = "logsumexp(x, dim, keepdim)"
INF = float("inf")


class MatchesTheFormula(Check):
    """log(sum(exp(x))) along any dim, by logsumexp and by LogSumExp.apply alike, keepdim or not."""

    calls = CALL

    def cases(self, draw: Draw):
        for label, shape, dim, keepdim in (
            ("the last of two dimensions", (3, 5), -1, False),
            ("the first of two", (3, 5), 0, False),
            ("the middle one of three, keepdim", (2, 5, 3), 1, True),
            ("counted from the end", (2, 5, 3), -3, False),
            ("a vector, keepdim", (7,), 0, True),
            ("a vector", (7,), -1, False),
        ):
            yield case(label, x=draw.normal(*shape, mean=1.0, std=2.0), dim=dim, keepdim=keepdim)

    def probe(self, solution, x, dim, keepdim):
        return {
            "logsumexp": solution.logsumexp(x, dim, keepdim),
            "LogSumExp.apply": solution.LogSumExp.apply(x, dim, keepdim),
            "the defaults": solution.logsumexp(x),
        }


class LargeValues(Check):
    """Values near +-1e4 stay finite, also when one row lies at +1e4 and its neighbour at -1e4."""

    calls = CALL

    def cases(self, draw: Draw):
        for label, centre in (("near 1e4", 1e4), ("near -1e4", -1e4)):
            yield case(label, x=draw.normal(3, 5, mean=centre), dim=-1, keepdim=False)
        rows = torch.tensor([1e4, -1e4, 0.0, 90.0]).unsqueeze(1)
        yield case("rows of very different size", x=draw.normal(4, 5) + rows, dim=1, keepdim=False)
        yield case("columns of very different size", x=(draw.normal(4, 5) + rows).T.contiguous(), dim=0, keepdim=True)

    def probe(self, solution, x, dim, keepdim):
        return solution.logsumexp(x, dim, keepdim)


class SizesOneAndZero(Check):
    """A dim of size 1 gives x itself, a dim of size 0 gives -inf, and other dims may be empty."""

    calls = CALL

    def cases(self, draw: Draw):
        yield case("size 1", x=draw.normal(3, 1, 2), dim=1, keepdim=False)
        yield case("size 1, keepdim", x=draw.normal(3, 1), dim=-1, keepdim=True)
        yield case("size 0", x=draw.normal(3, 0), dim=1, keepdim=False)
        yield case("size 0, keepdim", x=draw.normal(0, 4), dim=0, keepdim=True)
        yield case("size 0 in float16", x=draw.normal(3, 0, dtype=torch.float16), dim=1, keepdim=False)
        yield case("another dim is empty", x=draw.normal(0, 4), dim=1, keepdim=False)

    def probe(self, solution, x, dim, keepdim):
        return solution.logsumexp(x, dim, keepdim)


class GradientIsSoftmax(Check):
    """The gradient is softmax(x) times the incoming gradient, along any dim, keepdim or not, at +-1e4 too."""

    calls = f"{CALL}, then backward"
    tolerance = Tolerance(relative=2e-3, absolute=1e-5)  # exp(x - result) inherits the rounding of a result near 1e4

    def cases(self, draw: Draw):
        for label, shape, dim, keepdim in (
            ("the last dimension", (3, 5), -1, False),
            ("the first", (5, 3), 0, False),
            ("as many rows as columns", (4, 4), 0, False),
            ("keepdim", (2, 5, 3), 1, True),
            ("a vector", (6,), 0, False),
            ("size 1", (3, 1), 1, False),
            ("size 0", (3, 0), 1, False),
        ):
            yield case(label, x=draw.normal(*shape, std=2.0, requires_grad=True), dim=dim, keepdim=keepdim)
        spread = draw.normal(3, 5) + torch.tensor([[1e4], [-1e4], [0.0]])
        yield case("rows at +1e4 and -1e4", x=spread.requires_grad_(), dim=1, keepdim=False)

    def probe(self, solution, x, dim, keepdim):
        return gradients(solution.logsumexp(x, dim, keepdim), x=x)


class InfiniteEntries(Check):
    """A row of nothing but -inf gives -inf, a row with +inf gives inf, a hidden entry (-inf) counts nothing."""

    calls = CALL

    def cases(self, draw: Draw):
        x = draw.normal(5, 4)
        x[1] = -INF
        x[2, 1] = INF
        x[3, :2] = -INF
        x[4, 0], x[4, 3] = INF, -INF
        yield case("along rows", x=x, dim=1, keepdim=False)
        yield case("along columns", x=x.T.contiguous(), dim=0, keepdim=True)
        yield case("one -inf alone", x=torch.full((1,), -INF), dim=0, keepdim=False)

    def probe(self, solution, x, dim, keepdim):
        return solution.logsumexp(x, dim, keepdim)


class NoGradientFromNothing(Check):
    """A row of nothing but -inf has gradient 0, not NaN; -inf among finite entries gets exactly 0."""

    calls = f"{CALL}, then backward"

    def cases(self, draw: Draw):
        x = draw.normal(4, 3)
        x[1] = -INF
        x[2, 1:] = -INF
        yield dict(x=x.requires_grad_(), dim=1, keepdim=False)

    def probe(self, solution, x, dim, keepdim):
        return gradients(solution.logsumexp(x, dim, keepdim), x=x)


class HalfPrecision(Check):
    """float16 and bfloat16 are reduced in float32 and come back, as do their gradients, in their own dtype."""

    calls = f"{CALL}, then backward"
    tolerance = Tolerance(absolute=2e-2, relative=2e-2)

    def cases(self, draw: Draw):
        for dtype in (torch.bfloat16, torch.float16):
            yield case(str(dtype), x=draw.normal(3, 17, std=2.0, dtype=dtype, requires_grad=True), dim=1)
        many = draw.normal(1, 180_000, std=0.1, dtype=torch.float16, requires_grad=True)
        yield case("180,000 terms, more than float16 can count", x=many, dim=1)

    def probe(self, solution, x, dim):
        result = solution.logsumexp(x, dim)
        return {"result": result, **gradients(result, x=x)}


class Differentiates(Check):
    """torch.autograd.gradcheck and gradgradcheck accept it in float64."""

    calls = "gradcheck and gradgradcheck of logsumexp(x, dim, keepdim)"
    compare = False

    def cases(self, draw: Draw):
        for dim, keepdim in ((1, False), (0, True)):
            x = draw.normal(3, 4, dtype=torch.float64, requires_grad=True)
            yield dict(x=x, dim=dim, keepdim=keepdim)

    def probe(self, solution, x, dim, keepdim):
        def call(point):
            return solution.logsumexp(point, dim, keepdim)

        first = torch.autograd.grad(call(x).sum(), x, create_graph=True)[0]
        return {
            "first": torch.autograd.gradcheck(call, (x,), raise_exception=False),
            "graph": first.requires_grad,
            "second": torch.autograd.gradgradcheck(call, (x,), raise_exception=False) if first.requires_grad else False,
        }

    def verify(self, case, got, want):
        expect(got["first"], "gradcheck: the gradient does not agree with finite differences of the value")
        expect(
            got["graph"],
            "the gradient has no graph of its own, so the second derivative is 0: backward used detached values",
        )
        expect(got["second"], "gradgradcheck: the second derivative does not agree with differences of the first")


class SecondDerivativeOfNothing(Check):
    """Differentiating twice through a row of -inf stays finite: its second derivative is 0."""

    calls = f"{CALL}, then backward twice"

    def cases(self, draw: Draw):
        x = draw.normal(3, 4, dtype=torch.float64)
        x[1] = -INF
        x[2, 0] = -INF
        yield dict(x=x.requires_grad_())

    def probe(self, solution, x):
        first = torch.autograd.grad(solution.logsumexp(x).sum(), x, create_graph=True)[0]
        return gradients(first * torch.tensor([0.3, -1.0, 2.0, 0.7], dtype=x.dtype), x=x)


class UnderVmap(Check):
    """torch.func.vmap over rows gives what a loop over the rows gives, and so does vmap of the gradient."""

    calls = "torch.func.vmap(logsumexp)(x)"
    tolerance = Tolerance(relative=1e-5, absolute=1e-5)

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 3, 2), dim=0)
        yield dict(x=draw.normal(2, 4, 3), dim=-1)

    def probe(self, solution, x, dim):
        def call(row):
            return solution.logsumexp(row, dim)

        def total(row):
            return (call(row) ** 2).sum()

        return {"value": torch.func.vmap(call)(x), "gradient": torch.func.vmap(torch.func.grad(total))(x)}


def needs_jvp(function):
    """What torch raises for a Function without jvp would read as work not yet begun; here it is a fault to explain."""
    try:
        return function()
    except NotImplementedError as error:
        raise RuntimeError("forward-mode differentiation asks for LogSumExp.jvp, which is missing") from error


class ForwardMode(Check):
    """torch.func.jvp gives the value and its derivative in a direction, sum(softmax(x) * v)."""

    calls = "torch.func.jvp(logsumexp, (x,), (v,))"
    tolerance = Tolerance(relative=1e-5, absolute=1e-5)

    def cases(self, draw: Draw):
        for dim, keepdim in ((1, False), (0, True)):
            yield dict(x=draw.normal(3, 5), v=draw.normal(3, 5), dim=dim, keepdim=keepdim)

    def probe(self, solution, x, v, dim, keepdim):
        def call(point):
            return solution.logsumexp(point, dim, keepdim)

        value, slope = needs_jvp(lambda: torch.func.jvp(call, (x,), (v,)))
        return {"value": value, "in the direction v": slope}


class ForwardModeKeepsTheDtype(Check):
    """In half precision value and derivative of torch.func.jvp have the dtype of x."""

    calls = "torch.func.jvp(logsumexp, (x,), (v,))"
    battery = False

    def cases(self, draw: Draw):
        for dtype in (torch.bfloat16, torch.float16):
            yield case(str(dtype), x=draw.normal(3, 5, dtype=dtype), v=draw.normal(3, 5, dtype=dtype))

    def probe(self, solution, x, v):
        value, slope = needs_jvp(lambda: torch.func.jvp(solution.logsumexp, (x,), (v,)))
        return {"value": value.dtype, "in the direction v": slope.dtype}


class InsideHessian(Check):
    """torch.func.hessian works, and gives diag(p) - p p^T with p = softmax(x)."""

    calls = "torch.func.hessian(logsumexp)(x)"
    tolerance = Tolerance(relative=1e-5, absolute=1e-5)

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(6))

    def probe(self, solution, x):
        return needs_jvp(lambda: torch.func.hessian(lambda point: solution.logsumexp(point, 0))(x))


class OneNodeOnTheTape(Check):
    """logsumexp is a single LogSumExpBackward node, not a chain of max, exp, sum and log."""

    calls = "logsumexp(x)"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5, requires_grad=True))

    def probe(self, solution, x):
        names, waiting = [], [solution.logsumexp(x).grad_fn]
        while waiting:
            node = waiting.pop()
            if node is not None:
                names.append(type(node).__name__)
                waiting.extend(parent for parent, _ in node.next_functions)
        return names

    def verify(self, case, got, want):
        expect(got.count("LogSumExpBackward") == 1, f"the tape holds {', '.join(got)}; expected one LogSumExpBackward")
        expect(len(got) <= 4, f"the tape holds {', '.join(got)}; the work belongs inside the Function")


class TapeOfTwoNets(Check):
    """tape counts the nodes of a toy MLP and a toy CNN by kind, a node reached twice counted once."""

    part = "tape"
    calls = "tape(loss)"
    battery = False

    def cases(self, draw: Draw):
        yield case("an MLP", x=draw.normal(4, 6), y=draw.integers(0, 3, 4), net="mlp")
        yield case("a CNN", x=draw.normal(4, 1, 6, 6), y=draw.integers(0, 3, 4), net="cnn")
        yield case("a tensor used twice", x=draw.normal(4, 6), y=draw.integers(0, 3, 4), net="residual")
        yield case("40 residual blocks, 3**40 paths", x=draw.normal(4, 6), y=draw.integers(0, 3, 4), net="deep")
        yield case("nothing requires grad", x=draw.normal(4, 6), y=draw.integers(0, 3, 4), net="none")

    def probe(self, solution, x, y, net):
        if net == "cnn":
            layers = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3))
        else:
            layers = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))
        layers.requires_grad_(net != "none")
        out = layers(x)
        for _ in range({"residual": 1, "deep": 40}.get(net, 0)):
            out = out + out.sin() * out
        return dict(sorted(solution.tape(nn.functional.cross_entropy(out, y)).items()))


class ManyRows(Workload):
    """The count of ops must not know how many rows there are."""

    calls = "logsumexp(x) of 256 rows"

    def cases(self, draw: Draw, rows: int = 256):
        yield dict(x=draw.normal(rows, 33))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=3))

    def probe(self, solution, x):
        return solution.logsumexp(x)


class Vocabulary(Workload):
    """Logits of 1,024 tokens over a vocabulary of 8,192: 32 MiB in float32."""

    calls = "logsumexp(x) of shape (1024, 8192)"

    def cases(self, draw: Draw, tokens: int = 1024, words: int = 8192):
        yield dict(x=draw.normal(tokens, words))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, tokens=2, words=16))

    def probe(self, solution, x):
        with torch.no_grad():
            return solution.logsumexp(x)


class TrainedVocabulary(Workload):
    """Logits of 1,024 tokens over a vocabulary of 2,048 that want a gradient: 8 MiB in float32."""

    calls = "logsumexp(x) of shape (1024, 2048), x requires grad"

    def cases(self, draw: Draw, tokens: int = 1024, words: int = 2048):
        yield dict(x=draw.normal(tokens, words, requires_grad=True))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, tokens=2, words=16))

    def probe(self, solution, x):
        return solution.logsumexp(x)
