"""Hidden checks of autograd/in-place-review.

That inputs keep their values is checked for every case by itself; `writes` also sees a write that was undone.
"""

import warnings

import torch
from torch import nn

from leveling.checks import (
    Check,
    Draw,
    Workload,
    case,
    expect,
    fill_parameters,
    gradients,
    kind_raised,
    parameter_gradients,
)


def writes(call, tensor):
    """The result of `call` and how many in-place writes reached `tensor` or a view of it on the way."""
    before = version(tensor)
    result = call()
    return {"result": result, "in-place writes to the argument": version(tensor) - before}


def version(tensor):
    """Autograd's count of the in-place writes to a tensor and its views."""
    return tensor._version  # noqa: SLF001 - torch names it so, and documents no other way to read it


def network(dtype):
    """A small MLP with fixed parameters; float64 for the truth."""
    return fill_parameters(nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))).to(dtype)


def attention_inputs(draw, *lead, t=3, s=5, **options):
    """q, k, v and a mask that keeps key 1 of every query."""
    keep = draw.booleans(t, s)
    keep[:, 1] = True
    q, k, v = (draw.normal(*lead, n, 4, **options) for n in (t, s, s))
    return dict(q=q, k=k, v=v, keep=keep)


class AttentionValues(Check):
    """attention_step is the softmax over the kept keys, times v."""

    part = "attention_step"
    calls = "attention_step(q, k, v, keep)"

    def cases(self, draw: Draw):
        yield attention_inputs(draw)
        yield case("two heads in a batch of three", **attention_inputs(draw, 3, 2))
        yield case("two keys", **attention_inputs(draw, t=2, s=2))

    def probe(self, solution, q, k, v, keep):
        return solution.attention_step(q, k, v, keep)


class AttentionLearns(Check):
    """backward through attention_step runs, and its gradients are right."""

    part = "attention_step"
    calls = "attention_step(q, k, v, keep), then backward"

    def cases(self, draw: Draw):
        yield attention_inputs(draw, 2, requires_grad=True)

    def probe(self, solution, q, k, v, keep):
        return gradients(solution.attention_step(q, k, v, keep), q=q, k=k, v=v)


class HiddenKeysAreSilent(Check):
    """A key that is not kept has no influence, be its score 1e4 times larger than the others."""

    part = "attention_step"
    calls = "attention_step(q, k, v, keep)"

    def cases(self, draw: Draw):
        loud = attention_inputs(draw)
        loud["k"][0] = 1e4 * loud["q"][0]  # a large positive score for query 0 at least
        loud["keep"][:, 0] = False
        yield loud

    def probe(self, solution, q, k, v, keep):
        return solution.attention_step(q, k, v, keep)


class RolloutValues(Check):
    """recurrent_rollout gives all T states, none for T = 0."""

    part = "recurrent_rollout"
    calls = "recurrent_rollout(cell, h, xs)"

    def cases(self, draw: Draw):
        for steps in (4, 1, 0):
            w, u = draw.normal(3, 3), draw.normal(2, 3)
            yield case(f"T = {steps}", h=draw.normal(5, 3), xs=draw.normal(steps, 5, 2), w=w, u=u)

    def probe(self, solution, h, xs, w, u):
        return solution.recurrent_rollout(lambda x, state: torch.tanh(x @ u + state @ w), h, xs)


class RolloutLearns(Check):
    """Gradients reach h, all inputs and the cell through every step."""

    part = "recurrent_rollout"
    calls = "recurrent_rollout(cell, h, xs), then backward"

    def cases(self, draw: Draw):
        for steps in (4, 2, 1):
            h, xs = draw.normal(5, 3, requires_grad=True), draw.normal(steps, 5, 2, requires_grad=True)
            w, u = draw.normal(3, 3, requires_grad=True), draw.normal(2, 3, requires_grad=True)
            yield case(f"T = {steps}", h=h, xs=xs, w=w, u=u, last=False)
        yield case("from the last state alone", h=h, xs=draw.normal(4, 5, 2, requires_grad=True), w=w, u=u, last=True)

    def probe(self, solution, h, xs, w, u, last):
        states = solution.recurrent_rollout(lambda x, state: torch.tanh(x @ u + state @ w), h, xs)
        return gradients(states[-1] if last else states, h=h, xs=xs, w=w, u=u)


class RowsOfLengthOne(Check):
    """normalised divides each row by its length and writes nothing into x."""

    part = "normalised"
    calls = "normalised(x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 3, mean=2.0))
        yield case("one row", x=draw.normal(1, 5))
        yield case("no rows", x=draw.normal(0, 5))
        yield case("long rows", x=draw.normal(3, 5, mean=1e6))

    def probe(self, solution, x):
        return writes(lambda: solution.normalised(x), x)


class NormalisedLearns(Check):
    """x may be a leaf that requires grad; its gradient is right, and the gradient runs through the length as well."""

    part = "normalised"
    calls = "normalised(x), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 3, mean=1.0, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.normalised(x), x=x)


class MeanOverSamples(Check):
    """running_loss is a float, the mean over all samples, also when the last batch is smaller."""

    part = "running_loss"
    calls = "running_loss(model, batches)"

    def cases(self, draw: Draw):
        for label, sizes in (("equal batches", (4, 4)), ("a small last batch", (7, 7, 1)), ("one batch", (5,))):
            xs, ys = [draw.normal(n, 3) for n in sizes], [draw.normal(n, 2, mean=1.0 + n) for n in sizes]
            yield case(label, xs=xs, ys=ys)

    def probe(self, solution, xs, ys):
        model = network(xs[0].dtype)
        found = solution.running_loss(model, zip(xs, ys, strict=True))
        filled = [name for name, p in model.named_parameters() if p.grad is not None]
        return {"type": type(found).__name__, "loss": float(found), "parameters whose .grad was filled": filled}


class PenaltyValue(Check):
    """penalised_loss is the mean squared error plus 0.1 times the sum of squares of all weights, biases left out."""

    part = "penalised_loss"
    calls = "penalised_loss(model, x, y)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(6, 3), y=draw.normal(6, 2))
        yield case("one sample", x=draw.normal(1, 3), y=draw.normal(1, 2))

    def probe(self, solution, x, y):
        return solution.penalised_loss(network(x.dtype), x, y)


class PenaltyReachesTheWeights(Check):
    """The gradient of every weight contains that of the penalty, 2 * 0.1 * weight."""

    part = "penalised_loss"
    calls = "penalised_loss(model, x, y), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(6, 3, requires_grad=True), y=draw.normal(6, 2))

    def probe(self, solution, x, y):
        model = network(x.dtype)
        return parameter_gradients(solution.penalised_loss(model, x, y), model, x=x)


class LengthsOfRows(Check):
    """safe_norm is the length of each row, exactly: 0 for zeros, 1e-8 for a row of that length."""

    part = "safe_norm"
    calls = "safe_norm(x)"

    def cases(self, draw: Draw):
        x = draw.normal(4, 3)
        x[1] = 0
        yield case("row 1 is zero", x=x)
        yield case("short rows", x=draw.normal(4, 3) * torch.tensor([[1e-8], [1e-4], [1e-12], [1.0]]))
        yield case("no rows", x=draw.normal(0, 3))
        yield case("rows of one", x=draw.normal(4, 1))

    def probe(self, solution, x):
        return solution.safe_norm(x)


class NoNanAtZero(Check):
    """The gradient of safe_norm is x / length, and exactly 0 in rows of zeros, whatever the other rows hold."""

    part = "safe_norm"
    calls = "safe_norm(x), then backward"

    def cases(self, draw: Draw):
        x = draw.normal(4, 3)
        x[1] = 0
        yield case("row 1 is zero", x=x.requires_grad_())
        yield case("nothing but zeros", x=torch.zeros(3, 2, requires_grad=True))
        short = draw.normal(3, 3) * torch.tensor([[1e-8], [1e-4], [1.0]])
        yield case("short rows", x=short.requires_grad_())

    def probe(self, solution, x):
        return gradients(solution.safe_norm(x), x=x)


class LogsAndPassesOn(Check):
    """log_gradient returns x, logs one norm per backward, and leaves the gradient as it is."""

    part = "log_gradient"
    calls = "log_gradient(x, log), then backward twice"

    def cases(self, draw: Draw):
        yield case("a leaf", x=draw.normal(3, 4, requires_grad=True), weights=draw.normal(3, 4), inner=False)
        yield case(
            "a tensor in the middle", x=draw.normal(3, 4, requires_grad=True), weights=draw.normal(3, 4), inner=True
        )
        ones = torch.ones(3, 4)
        yield case(
            "the gradient of sum(), expanded", x=draw.normal(3, 4, requires_grad=True), weights=ones, inner=False
        )

    def probe(self, solution, x, weights, inner):
        log = []
        y = x.detach().clone().requires_grad_()
        middle = y * 2 if inner else y
        same = solution.log_gradient(middle, log) is middle
        loss = middle.sum() if bool((weights == 1).all()) else (middle * weights).sum()
        loss.backward(retain_graph=True)
        loss.backward()
        kinds = sorted({type(entry).__name__ for entry in log})
        return {"returns x": same, "types": kinds, "log": [float(entry) for entry in log], "gradient": y.grad}


class NothingToLog(Check):
    """An x that does not require grad is returned, and nothing is logged."""

    part = "log_gradient"
    calls = "log_gradient(x, log)"
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3))

    def probe(self, solution, x):
        log = []
        return {"returns x": solution.log_gradient(x, log) is x, "log": log, "requires_grad": x.requires_grad}


def steps(name, x):
    """The training steps that blame is asked about; each returns a loss."""
    x = x.detach().clone().requires_grad_()

    def stale(operation):
        def step():
            y = operation(x * 1.0)
            y.mul_(2.0)
            return y.sum()

        return step

    return {
        "sqrt of 0, times 0": lambda: torch.exp(x.square().sum().mul(0.0).sqrt() * 0.0),
        "0 / 0 in a norm": lambda: (x * 0.0).norm(dim=0).sum() + (x * 0.0).square().sum().sqrt() * 0.0,
        "stale exp": stale(torch.exp),
        "stale softmax": stale(lambda y: y.softmax(0)),
        "stale tanh": stale(torch.tanh),
        "stale input": lambda: stale_input(x),
        "clean": lambda: (x * x).exp().mean(),
        "no graph": lambda: x.detach().sum(),
        "step fails": lambda: torch.dot(x, torch.ones(17, dtype=x.dtype)),
    }[name]


def stale_input(x):
    """log saves its input; here it is overwritten afterwards."""
    y = x.square() + 1
    z = y.log()
    y.zero_()
    return z.sum()


class BlameNamesTheNode(Check):
    """blame names the node at work when a NaN was made or a stale tensor was met, None for a clean step."""

    part = "blame"
    calls = "blame(step)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for name in (
            "sqrt of 0, times 0",
            "0 / 0 in a norm",
            "stale exp",
            "stale softmax",
            "stale tanh",
            "stale input",
            "clean",
        ):
            yield case(name, name=name, x=draw.normal(5))

    def probe(self, solution, name, x):
        return solution.blame(steps(name, x))


class BlameLeavesTheModeAlone(Check):
    """Anomaly mode is afterwards as it was, on or off, with or without its NaN check, and no warning gets out."""

    part = "blame"
    calls = "blame(step), and torch.is_anomaly_enabled() afterwards"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for name in ("stale exp", "clean", "no graph", "step fails"):
            for on, checks_nan in ((False, True), (True, False)):
                mode = f"mode {'on' if on else 'off'}, its NaN check {'on' if checks_nan else 'off'}"
                yield case(f"{name}, {mode}", name=name, x=draw.normal(5), on=on, checks_nan=checks_nan)

    def probe(self, solution, name, x, on, checks_nan):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            torch.autograd.set_detect_anomaly(on, checks_nan)
            before = len(heard)
            try:
                ended = kind_raised(RuntimeError, solution.blame, steps(name, x))
                after = [torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()]
            finally:
                torch.autograd.set_detect_anomaly(False)
        return {"raised": ended, "enabled, checks NaN": after, "warnings": len(heard) - before}


class BlameUnderAnyFilter(Check):
    """The caller's warning filters do not matter: blame finds the node where warnings are ignored, or turned into errors."""

    part = "blame"
    calls = "blame(step), the caller's filters set"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for action in ("ignore", "error"):
            yield case(f"warnings.simplefilter({action!r})", action=action, x=draw.normal(5))

    def probe(self, solution, action, x):
        with warnings.catch_warnings():
            warnings.simplefilter(action)
            return solution.blame(steps("stale exp", x))


class BlameFreesTheGraph(Check):
    """The graph of the step is used up by blame, as by any backward: the gradients are there, once."""

    part = "blame"
    calls = "blame(step), then backward again"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5))

    def probe(self, solution, x):
        x = x.detach().clone().requires_grad_()
        loss = x.square().sum()
        blamed = solution.blame(lambda: loss)
        return {"blamed": blamed, "gradient": x.grad, "again": kind_raised(RuntimeError, loss.backward)}

    def verify(self, case, got, want):
        expect(got["blamed"] is None, f"blame gave {got['blamed']!r} for a clean step, expected None")
        expect(got["gradient"] is not None, "blame computed no gradients; it is to run backward")
        expect(got["gradient"].allclose(2 * case["x"]), "the gradients of the step are not those of one backward")
        expect(
            got["again"] == "RuntimeError",
            "a second backward found the graph still there: it was retained, and with it the memory",
        )


class ManyBatches(Workload):
    """running_loss over 2 and over 50 batches, each with 16 MiB of activations."""

    calls = "running_loss(model, batches), 2 batches, then 50"
    compare = False

    def cases(self, draw: Draw, size: int = 1 << 21):
        for count in (2, 50):
            yield dict(x=draw.normal(1, size), count=count)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, size=8))

    def probe(self, solution, x, count):
        class Wide(nn.Module):
            def __init__(self):
                super().__init__()
                self.gain = nn.Parameter(torch.ones((), dtype=x.dtype))

            def forward(self, x):
                return (self.gain * x).tanh().mean(1)

        y = torch.zeros(1, dtype=x.dtype)
        return solution.running_loss(Wide(), ((x, y) for _ in range(count)))
