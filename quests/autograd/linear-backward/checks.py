"""Hidden checks of autograd/linear-backward."""

import torch
from torch.nn import functional

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, shares_memory

ACTS = ("none", "relu", "tanh", "gelu")


def drawn(draw, *leading, i=5, o=3, bias=True, dtype=torch.float32, **more):
    """x (..., I), w (O, I), b (O,) or None, and a gradient for the result."""
    return dict(
        x=draw.normal(*leading, i, dtype=dtype),
        w=draw.normal(o, i, dtype=dtype),
        b=draw.normal(o, dtype=dtype) if bias else None,
        grad=draw.normal(*leading, o, dtype=dtype),
        **more,
    )


def there_and_back(solution, x, w, b, grad, act):
    """The result and all gradients by their names."""
    y, cache = solution.forward(x, w, b, act)
    before = y.clone()  # what backward does to y itself is a check of its own
    dx, dw, db = solution.backward(grad, cache)
    return {"y": before, "dx": dx, "dw": dw, "db": db}


class LinearLayer:
    """What the checks of forward and backward share."""

    part = "backward"
    calls = "y, cache = forward(x, w, b, act); backward(grad, cache)"

    def probe(self, solution, x, w, b, grad, act):
        return there_and_back(solution, x, w, b, grad, act)


class ResultOfTheLayer(Check):
    """forward gives act(x W^T + b), (..., O), for each activation."""

    part = "forward"
    calls = "forward(x, w, b, act)"

    def cases(self, draw: Draw):
        for act in ACTS:
            yield case(act, **drawn(draw, 7, act=act))
        yield case("no bias, three dimensions", **drawn(draw, 2, 3, bias=False, act="tanh"))

    def probe(self, solution, x, w, b, grad, act):
        return solution.forward(x, w, b, act)[0]


class GradientsOfABatch(LinearLayer, Check):
    """dx, dw and db of a batch are those of the linear layer and of relu and tanh behind it."""

    def cases(self, draw: Draw):
        for act in ACTS[:3]:
            yield case(act, **drawn(draw, 7, act=act))


class GeluIsExact(LinearLayer, Check):
    """gelu is z P(Z < z) with the normal distribution's erf, and so is its slope."""

    def cases(self, draw: Draw):
        yield case("a batch", **drawn(draw, 7, act="gelu"))
        yield case("float64", **drawn(draw, 7, act="gelu", dtype=torch.float64))


class EveryRankAndSize(LinearLayer, Check):
    """x may have one, three or four dimensions, one sample or none, I = 1 or O = 1, and b may be None."""

    # No gelu, and no slope on a single sample: three slopes that all happen to be near 0 are a question of rounding.
    def cases(self, draw: Draw):
        yield case("one sample without a batch dimension", **drawn(draw, act="none"))
        yield case("three dimensions", **drawn(draw, 4, 2, act="relu"))
        yield case("four dimensions", **drawn(draw, 2, 3, 2, act="tanh"))
        yield case("no bias", **drawn(draw, 4, bias=False, act="tanh"))
        yield case("batch of one", **drawn(draw, 1, act="none"))
        yield case("empty batch", **drawn(draw, 0, act="tanh"))
        yield case("an empty dimension between others", **drawn(draw, 2, 0, act="relu"))
        yield case("I = 1", **drawn(draw, 4, i=1, act="tanh"))
        yield case("O = 1", **drawn(draw, 4, o=1, act="relu"))
        yield case("I = O", **drawn(draw, 6, i=4, o=4, act="none"))


class ReluAtZero(LinearLayer, Check):
    """relu's slope at exactly 0 is 0, as torch has it."""

    def cases(self, draw: Draw):
        inputs = drawn(draw, 6, act="relu")
        inputs["x"][::2] = 0.0
        inputs["b"] = torch.zeros_like(inputs["b"])
        yield case("half of the samples are 0, and so is b", **inputs)


class Saturated(LinearLayer, Check):
    """Where the activation is saturated, at +-50 and +-1e4, gradients are 0 or whole, never NaN."""

    tolerance = Tolerance(absolute=1e-6, relative=1e-5)

    def cases(self, draw: Draw):
        for size in (50.0, 1e4):
            for act in ("tanh", "gelu", "relu"):
                signs = torch.tensor([[1.0], [-1.0], [1.0]])
                yield case(
                    f"{act} at +-{size:g}",
                    x=signs,
                    w=torch.full((2, 1), size),
                    b=torch.zeros(2),
                    grad=draw.normal(3, 2),
                    act=act,
                )


class AnyLayout(Check):
    """An expanded gradient, a transposed one, and transposed x and w are taken as they come."""

    part = "backward"
    calls = "y, cache = forward(x, w, b, act); backward(grad, cache)"

    def cases(self, draw: Draw):
        for layout in ("expanded", "transposed", "x and w transposed"):
            yield case(layout, **drawn(draw, 4, 2, act="tanh", layout=layout))
        yield case("expanded, gelu", **drawn(draw, 4, 2, act="gelu", layout="expanded"))

    def probe(self, solution, x, w, b, grad, act, layout):
        if layout == "expanded":
            grad = torch.ones((), dtype=grad.dtype).expand(grad.shape)  # what sum().backward() hands over
        elif layout == "transposed":
            grad = grad.transpose(0, 1).contiguous().transpose(0, 1)
        else:
            x = x.transpose(0, 1).contiguous().transpose(0, 1)
            w = w.t().contiguous().t()
        return there_and_back(solution, x, w, b, grad, act)


class BackwardTwice(Check):
    """backward leaves the cache and y alone: a second call gives the same gradients."""

    part = "backward"
    calls = "backward(grad, cache), twice"

    def cases(self, draw: Draw):
        for act in ACTS:
            yield case(act, **drawn(draw, 4, act=act))

    def probe(self, solution, x, w, b, grad, act):
        y, cache = solution.forward(x, w, b, act)
        solution.backward(grad, cache)
        dx, dw, db = solution.backward(grad, cache)
        return {"y afterwards": y, "dx": dx, "dw": dw, "db": db}


class WithoutAGraph(Check):
    """forward and backward work inside torch.no_grad(), also on parameters that require grad."""

    part = "backward"
    calls = "forward and backward inside torch.no_grad()"

    def cases(self, draw: Draw):
        for act in ACTS:
            yield case(act, **drawn(draw, 4, act=act))

    def probe(self, solution, x, w, b, grad, act):
        w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
        with torch.no_grad():
            found = there_and_back(solution, x, w, b, grad, act)
        return {**found, "w.grad": w.grad, "dw requires grad": found["dw"].requires_grad}


class TangentOfTheLayer(Check):
    """tangent is how y moves, to first order, when x, w and b all move."""

    part = "tangent"
    calls = "_, cache = forward(x, w, b, act); tangent(cache, dx, dw, db)"

    def cases(self, draw: Draw):
        for act in ACTS:
            yield case(act, **drawn(draw, 4, act=act), moves=drawn(draw, 4))
        yield case(
            "three dimensions, no bias",
            **drawn(draw, 2, 3, bias=False, act="tanh"),
            moves=drawn(draw, 2, 3, bias=False),
        )
        yield case("one sample", **drawn(draw, act="gelu"), moves=drawn(draw))

    def probe(self, solution, x, w, b, grad, act, moves):
        cache = solution.forward(x, w, b, act)[1]
        return solution.tangent(cache, moves["x"], moves["w"], moves["b"])


class GradientCheck(Check):
    """Your backward, your tangent and differences of your forward agree along random directions, in float64."""

    calls = "forward at two points, tangent and backward"
    compare = False

    def cases(self, draw: Draw):
        for act in ACTS:
            inputs, moves = drawn(draw, 3, 2, act=act, dtype=torch.float64), drawn(draw, 3, 2, dtype=torch.float64)
            if act == "relu":  # away from its kink: inputs and weights are such that no z is near 0
                inputs["x"], inputs["w"] = inputs["x"].abs() + 0.1, inputs["w"].abs() + 0.1
                inputs["b"] = inputs["b"].abs()
            yield case(act, **inputs, moves=moves)

    def probe(self, solution, x, w, b, grad, act, moves):
        eps = 1e-5
        up, down = (
            solution.forward(x + s * moves["x"], w + s * moves["w"], b + s * moves["b"], act)[0] for s in (eps, -eps)
        )
        cache = solution.forward(x, w, b, act)[1]
        gradients = solution.backward(grad, cache)
        pulled = sum((gradient * moves[name]).sum() for gradient, name in zip(gradients, ("x", "w", "b"), strict=True))
        pushed = (grad * solution.tangent(cache, moves["x"], moves["w"], moves["b"])).sum()
        return {"differences": (grad * (up - down)).sum() / (2 * eps), "forward mode": pushed, "reverse mode": pulled}

    def verify(self, case, got, want):
        truth = float(want["forward mode"])
        for name, value in got.items():
            gap = abs(float(value) - truth)
            expect(
                gap <= 1e-6 * max(1.0, abs(truth)),
                f"{name} gives {float(value):.9g} along this direction, expected {truth:.9g}",
            )


class Unbroadcast(Check):
    """unbroadcast sums over new leading dimensions and over sizes 1 that were stretched, down to shape ()."""

    part = "unbroadcast"
    calls = "unbroadcast(grad, shape)"

    def cases(self, draw: Draw):
        for full, shape in (
            ((4, 3), (3,)),
            ((4, 3), (4, 1)),
            ((2, 4, 3), (4, 1)),
            ((2, 4, 3), (1, 1, 3)),
            ((4, 3), ()),
            ((4, 3), (1, 1)),
            ((2, 1, 3), (1, 3)),
            ((1, 4, 3), (1, 3)),
            ((4, 0), (4, 1)),
            ((0, 3), (3,)),
            ((5,), (1,)),
        ):
            yield case(f"{full} to {shape}", grad=draw.normal(*full), shape=shape)

    def probe(self, solution, grad, shape):
        return solution.unbroadcast(grad, shape)


class UnbroadcastOfNothing(Check):
    """unbroadcast of a gradient that has the shape already is no sum and no copy."""

    part = "unbroadcast"
    calls = "unbroadcast(grad, grad.shape)"

    def cases(self, draw: Draw):
        for shape in ((4, 3), (2, 1, 3), (1,), ()):
            yield case(f"{shape}", grad=draw.normal(*shape))

    def probe(self, solution, grad):
        own = grad.clone()
        same = solution.unbroadcast(own, tuple(own.shape))
        return {"gradient": same, "shares memory": shares_memory(same, own)}


def recorded(kind, x, w, b):
    """A result with a graph of the given kind."""
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    if kind == "tanh of a linear layer":
        return torch.tanh(functional.linear(x, w, b))
    if kind == "no bias, frozen x":
        return torch.relu(functional.linear(x, w))
    if kind == "the input wants a gradient":
        return functional.gelu(x.clone().requires_grad_() @ w.t()).sum()
    if kind == "the first input is frozen":
        return (x[0, 0] * b).exp()
    if kind == "two layers":
        return torch.tanh(torch.addmm(b, torch.relu(torch.addmm(b[:1], x, w.t())), w[:, :3].t()))
    return x * 2


class ChainOfNodes(Check):
    """grad_fn_chain names the nodes from y to a leaf: TanhBackward0, AddmmBackward0, ... for tanh of a linear layer."""

    part = "grad_fn_chain"
    calls = "grad_fn_chain(y)"
    truth = False

    def cases(self, draw: Draw):
        for kind in (
            "tanh of a linear layer",
            "no bias, frozen x",
            "the input wants a gradient",
            "the first input is frozen",
            "two layers",
            "no graph at all",
        ):
            yield case(kind, kind=kind, x=draw.normal(4, 5), w=draw.normal(3, 5), b=draw.normal(3))

    def probe(self, solution, kind, x, w, b):
        return solution.grad_fn_chain(recorded(kind, x, w, b))


class OneStepOfALayer(Workload):
    """forward and backward of a gelu layer on 6 x 50 samples."""

    calls = "forward(x, w, b, 'gelu') and backward(grad, cache)"

    def cases(self, draw: Draw):
        yield drawn(draw, 6, 50, i=16, o=12, act="gelu")

    def probe(self, solution, x, w, b, grad, act):
        return there_and_back(solution, x, w, b, grad, act)


class WideLayer(Workload):
    """forward and backward of a tanh layer: 4,096 samples, 16 inputs, 2,560 outputs, 40 MiB a result."""

    calls = "forward(x, w, b, 'tanh') and backward(grad, cache)"
    tolerance = Tolerance(relative=1e-3, absolute=1e-2)

    def cases(self, draw: Draw, samples: int = 4096):
        yield drawn(draw, samples, i=16, o=2560, act="tanh")

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, samples=2))

    def probe(self, solution, x, w, b, grad, act):
        y, cache = solution.forward(x, w, b, act)
        dx, dw, db = solution.backward(grad, cache)
        return [y[0, 0], dx[0, 0], dw[0, 0], db[0]]
