"""Hidden checks of autograd/trial-d."""

import itertools

import torch
from torch.overrides import TorchFunctionMode

from leveling.checks import Check, Draw, Tolerance, case, expect

DOUBLE = torch.float64
EXACT = Tolerance(absolute=1e-10, relative=1e-10)


class HuberOfErrors(Check):
    """huber_and_grads gives the mean loss and its gradients by pred and by delta, for errors on both sides of delta."""

    part = "huber_and_grads"
    calls = "huber_and_grads(pred, target, delta)"
    tolerance = EXACT

    def cases(self, draw: Draw):
        def one(*shape, delta):
            pred, target = draw.normal(*shape, std=2.0, dtype=DOUBLE), draw.normal(*shape, dtype=DOUBLE)
            return dict(pred=pred, target=target, delta=torch.tensor(delta, dtype=DOUBLE))

        yield case("errors of both kinds", **one(23, delta=draw.number(0.8, 1.5)))
        yield case("a matrix", **one(3, 5, delta=draw.number(0.8, 1.5)))
        yield case("all errors inside", **one(7, delta=50.0))
        yield case("all errors outside", **one(7, delta=1e-4))
        yield case("one element, shape ()", **one(delta=0.5))

    def probe(self, solution, pred, target, delta):
        loss, by_pred, by_delta = solution.huber_and_grads(pred, target, delta)
        return {"loss": loss, "by pred": by_pred, "by delta": by_delta}


class HuberAtTheCorner(Check):
    """Where |error| is exactly delta, or 0, the loss and both gradients are those of either side; float32 stays float32."""

    part = "huber_and_grads"
    calls = "huber_and_grads(pred, target, delta) with errors of 0 and +-delta"

    def cases(self, draw: Draw):
        delta = draw.choice((0.5, 1.25, 2.0))
        target = draw.integers(-4, 5, 6).float()
        error = torch.tensor(draw.shuffled([delta, -delta, 0.0, 2 * delta, -3 * delta, 0.25]))
        yield dict(pred=target + error, target=target, delta=torch.tensor(delta))

    def probe(self, solution, pred, target, delta):
        loss, by_pred, by_delta = solution.huber_and_grads(pred, target, delta)
        return {"loss": loss, "by pred": by_pred, "by delta": by_delta}


class JacobianOfSoftmax(Check):
    """softmax_jacobian is (C, C), entry [i, j] the derivative of probability i by logit j; its rows sum to 0."""

    part = "softmax_jacobian"
    calls = "softmax_jacobian(x)"
    tolerance = EXACT

    def cases(self, draw: Draw):
        for c in (4, draw.integer(5, 9), 2, 1):
            yield case(f"C = {c}", x=draw.normal(c, dtype=DOUBLE))

    def probe(self, solution, x):
        return solution.softmax_jacobian(x)

    def verify(self, case, got, want):
        worst = float(got.sum(1).abs().max())
        expect(worst < 1e-12, f"rows sum to 0, since probabilities always sum to 1; the worst sums to {worst:.3g}")


class JacobianOfLargeLogits(Check):
    """softmax_jacobian survives logits of +-1000 in float32, and masked ones of -inf."""

    part = "softmax_jacobian"
    calls = "softmax_jacobian(x)"

    def cases(self, draw: Draw):
        yield case("near 1000", x=draw.normal(5) + 1000)
        yield case("near -1000", x=draw.normal(5) - 1000)
        yield case("1000 apart", x=torch.tensor(draw.shuffled([1000.0, -1000.0, 999.0, 0.0])))
        yield case("one is -inf", x=draw.spiked(draw.normal(4), float("-inf")))

    def probe(self, solution, x):
        return solution.softmax_jacobian(x)


def circle_points(draw, n=29, dtype=torch.float32):
    """Points near an arc of a random circle: their mean is not its centre."""
    angle = draw.uniform(n, low=0.0, high=4.0, dtype=DOUBLE)
    around = torch.stack([angle.cos(), angle.sin()], dim=1) * draw.number(1.5, 2.5)
    return (around + draw.normal(2, dtype=DOUBLE) + draw.normal(n, 2, std=0.05, dtype=DOUBLE)).to(dtype)


class CircleAfterSteps(Check):
    """fit_circle gives the circle after so many steps of plain gradient descent on the mean squared gap."""

    part = "fit_circle"
    calls = "fit_circle(points, steps, lr)"
    tolerance = Tolerance(absolute=1e-4, relative=1e-4)

    def cases(self, draw: Draw):
        for steps in (1, 2, draw.integer(20, 30), 0):
            yield case(f"{steps} steps", points=circle_points(draw), steps=steps, lr=draw.number(0.1, 0.3))
        yield case("float64", points=circle_points(draw, dtype=DOUBLE), steps=5, lr=0.2)

    def probe(self, solution, points, steps, lr):
        return solution.fit_circle(points, steps, lr).detach()


class BackwardCalls(TorchFunctionMode):
    """Notes how many graph nodes stand behind each loss that is differentiated."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if getattr(func, "__name__", "") in ("backward", "grad") and args:
            losses = args[0] if isinstance(args[0], tuple | list) else (args[0],)
            self.sizes.append(behind([loss.grad_fn for loss in losses if isinstance(loss, torch.Tensor)]))
        return func(*args, **(kwargs or {}))


def behind(roots):
    """Number of graph nodes behind the roots."""
    seen, found = set(), list(roots)
    while found:
        node = found.pop()
        if node is not None and node not in seen:
            seen.add(node)
            found += [following for following, _ in node.next_functions]
    return len(seen)


class NoGraphBetweenSteps(Check):
    """In fit_circle no graph outlives its step: the last loss has no more history than the first, and the result none at all."""

    part = "fit_circle"
    calls = "fit_circle(points, 12, lr)"
    compare = False
    truth = False

    def cases(self, draw: Draw):
        for label, flag in (("plain points", False), ("points that require grad", True)):
            yield case(label, points=circle_points(draw), flag=flag)

    def probe(self, solution, points, flag):
        own = points.clone().requires_grad_(flag)
        with BackwardCalls() as calls:
            circle = solution.fit_circle(own, 12, 0.1)
        return {"sizes": calls.sizes, "history": circle.requires_grad, "grad": own.grad is not None}

    def verify(self, case, got, want):
        sizes = got["sizes"]
        if sizes:
            expect(
                sizes[-1] <= sizes[0],
                f"the loss of the first step has {sizes[0]} graph nodes, that of the last {sizes[-1]}",
            )
        expect(not got["history"], "the result requires grad; what is handed out is a number, not a parameter")
        expect(not got["grad"], "points.grad was filled; only the circle is fitted")


class ChainOfLayers(Check):
    """backprop_chain gives the gradient by every W, in the order of ws, for square and other matrices."""

    part = "backprop_chain"
    calls = "backprop_chain(ws, x, grad)"
    tolerance = EXACT

    def cases(self, draw: Draw):
        def one(*sizes):
            ws = [draw.normal(o, i, std=0.7, dtype=DOUBLE) for i, o in itertools.pairwise(sizes)]
            return dict(ws=ws, x=draw.normal(sizes[0], dtype=DOUBLE), grad=draw.normal(sizes[-1], dtype=DOUBLE))

        yield case("three square matrices", **one(4, 4, 4, 4))
        yield case("sizes 3, 5, 2, 4", **one(3, 5, 2, 4))
        yield case("one matrix", **one(draw.integer(2, 4), 5))
        yield case("sizes 1", **one(1, 1, 3, 1))

    def probe(self, solution, ws, x, grad):
        return solution.backprop_chain(ws, x, grad)


class ChainAtItsLimits(Check):
    """backprop_chain of saturated layers gives zeros, not NaN; no matrices give no gradients; 30 layers work as well."""

    part = "backprop_chain"
    calls = "backprop_chain(ws, x, grad)"

    def cases(self, draw: Draw):
        yield case("no matrix", ws=[], x=draw.normal(3), grad=draw.normal(3))
        # every z is far beyond where float32's tanh is exactly 1
        saturated = [draw.uniform(3, 3, low=200.0, high=900.0) for _ in range(2)]
        yield case("saturated", ws=saturated, x=torch.ones(3), grad=draw.normal(3))
        yield case("30 layers", ws=[draw.orthogonal(4) for _ in range(30)], x=draw.normal(4), grad=draw.normal(4))

    def probe(self, solution, ws, x, grad):
        return solution.backprop_chain(ws, x, grad)
