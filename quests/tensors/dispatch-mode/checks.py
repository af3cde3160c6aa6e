"""Hidden checks of tensors/dispatch-mode."""

import gc
import weakref

import torch
import torch.nn.functional as F
from torch import nn

from leveling.checks import Check, Draw, Workload, case, expect, fill_parameters


def watched(solution, call, *arguments):
    """Run `call` inside a fresh log; the log and the result."""
    log = solution.OpLog()
    with log:
        result = call(*arguments)
    return log, result


def network(width, depth, out=3):
    """A perceptron with fixed weights."""
    layers = []
    for _ in range(depth):
        layers += [nn.Linear(width, width), nn.ReLU()]
    return fill_parameters(nn.Sequential(*layers, nn.Linear(width, out)), scale=0.2)


def picture_network(groups):
    """Convolutions with stride, padding, dilation and groups, fixed weights."""
    return fill_parameters(
        nn.Sequential(
            nn.Conv2d(4, 8, 3, padding=1, groups=groups),
            nn.Tanh(),
            nn.Conv2d(8, 6, (3, 2), stride=2, bias=False, groups=groups),
            nn.Conv2d(6, 2, 1, dilation=1),
        ),
        scale=0.2,
    )


class CountsEveryOperator(Check):
    """calls holds every operator by its name without namespace and overload, as often as it ran."""

    calls = "with OpLog() as log: ..., then log.calls"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5), w=draw.normal(5, 4))

    def probe(self, solution, x, w):
        def some_code():
            y = x @ w + 1.0
            y = (y + y).relu()
            y.mul_(2)
            return y.sum() + F.linear(x, w.T, w[0]).view(-1).max()

        log, _ = watched(solution, some_code)
        return dict(log.calls)

    def verify(self, case, got, want):
        expect(
            got.get("add") == 3,
            f'three additions ran, calls says {got.get("add")} for "add"; its names are {sorted(got)}',
        )


class EachLogForItself(Check):
    """Nested logs both see what runs inside the inner one; separate logs share nothing; entered again, a log goes on."""

    calls = "nested and repeated with-blocks"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 3))

    def probe(self, solution, x):
        outer, inner, later = solution.OpLog(), solution.OpLog(), solution.OpLog()
        with outer:
            kept = x.exp()
            with inner as entered:
                kept = kept @ x
            kept = kept.sin()
        with later:
            pass
        found = {"outer": (dict(outer.calls), outer.flops)}
        found["inner"] = (dict(inner.calls), inner.flops)
        found["one without work"] = (dict(later.calls), later.flops, later.peak_bytes)
        found["with log as name gives the log"] = entered is inner
        with inner:
            kept = (x @ x).exp()
        found["inner, entered again"] = (dict(inner.calls), inner.flops)
        return found


class BackwardIsSeen(Check):
    """Operators that autograd runs in backward are counted too, and gradient accumulation."""

    calls = "with OpLog() as log: net(x).sum().backward()"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 6))

    def probe(self, solution, x):
        net = network(6, 2)
        log, _ = watched(solution, lambda: net(x).square().sum().backward())
        return dict(log.calls)


class NothingChanges(Check):
    """Results, dtypes and gradients are the same inside and outside the block; keyword arguments arrive."""

    calls = "the same code with and without a log"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(6, 5, requires_grad=True))

    def probe(self, solution, x):
        def code():
            y = torch.softmax(x.sum(1, keepdim=True, dtype=torch.float64) * x, dim=-1)
            values, places = y.topk(2, dim=1)
            (gradient,) = torch.autograd.grad((values * torch.arange(2.0)).sum(), x)
            return values.detach(), places, gradient, torch.arange(3, dtype=torch.int32), y.requires_grad

        _, inside = watched(solution, code)
        torch.manual_seed(5)
        _, drawn = watched(solution, lambda: F.dropout(x.detach(), 0.5))
        torch.manual_seed(5)
        return {"inside": inside, "outside": code(), "dropout": drawn, "dropout outside": F.dropout(x.detach(), 0.5)}


class FlopsOfProducts(Check):
    """flops is 2 m n k for mm and addmm, times the batch for bmm and baddbmm; biases and other operators are free."""

    calls = "log.flops after products"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(b=draw.integer(2, 5), m=draw.integer(2, 9), k=draw.integer(10, 19), n=draw.integer(20, 29))

    def probe(self, solution, b, m, k, n):
        x, w, bias = torch.ones(m, k), torch.ones(k, n), torch.ones(n)
        xs, ws = torch.ones(b, m, k), torch.ones(b, k, n)
        works = {
            "mm": lambda: x @ w,
            "addmm": lambda: torch.addmm(bias, x, w, alpha=2.0),
            "bmm": lambda: torch.bmm(xs, ws),
            "baddbmm": lambda: torch.baddbmm(torch.ones(b, 1, n), xs, ws),
            "linear over three dimensions": lambda: F.linear(xs, w.T, bias),
            "nothing but element-wise work": lambda: (x * 2 + x).exp().sum(),
        }
        return {name: watched(solution, work)[0].flops for name, work in works.items()}

    def verify(self, case, got, want):
        b, m, k, n = (case[name] for name in "bmkn")
        for name, count in (("mm", 1), ("addmm", 1), ("bmm", b), ("baddbmm", b), ("linear over three dimensions", b)):
            expect(
                got[name] == 2 * m * k * n * count, f"{name}: flops is {got[name]}, expected {2 * m * k * n * count}"
            )


class FlopsOfConvolutions(Check):
    """A convolution costs 2 * output elements * C_in / groups * kernel elements; each gradient of it as much again."""

    calls = "log.flops after convolutions"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        for groups in (1, 2):
            yield case(f"groups {groups}", x=draw.normal(2, 4, draw.integer(9, 12), 13), groups=groups)

    def probe(self, solution, x, groups):
        net, line = picture_network(groups), torch.ones(3, 4 // groups, 5)
        frozen = torch.ones(6, 4 // groups, 3, 3)
        forward, _ = watched(solution, net, x)
        step, _ = watched(solution, lambda: net(x).sum().backward())
        series, _ = watched(solution, lambda: F.conv1d(x[:, :, 0], line.repeat(2, 1, 1), groups=groups))
        leaf = x.clone().requires_grad_()
        one, _ = watched(solution, lambda: F.conv2d(leaf, frozen, groups=groups).sum().backward())
        return {
            "forward": forward.flops,
            "forward and backward": step.flops,
            "conv1d": series.flops,
            "forward, and backward to the input alone": one.flops,
        }


class FlopsOfATrainingStep(Check):
    """The products of a training step add up, forward and backward."""

    calls = "with OpLog() as log: a training step"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        for depth in (1, 3):
            yield case(f"{depth} hidden layers", x=draw.normal(draw.integer(4, 9), 11), depth=depth)

    def probe(self, solution, x, depth):
        net = network(11, depth)
        log, _ = watched(solution, lambda: net(x).square().mean().backward())
        return log.flops

    def verify(self, case, got, want):
        rows, width, depth = len(case["x"]), 11, case["depth"]
        # forward, gradient of the weights, gradient of the inputs (not of x itself)
        count = 2 * rows * (width * width * (3 * depth - 1) + 3 * width * 3)
        expect(got == count, f"flops is {got}, expected {count} = 3 products a layer, 2 for the first")


class PeakOfAChain(Check):
    """Freed tensors lower the count: a chain of temporaries peaks at two of them."""

    calls = "log.peak_bytes after a chain of temporaries"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(100, 10))

    def probe(self, solution, x):
        def chain(keep):
            y, kept = x, []
            for _ in range(10):
                y = y + 1.0
                if keep:
                    kept.append(y)
            return kept

        def signs():
            return (x.double() > 0).sum()

        def hill():
            y = x.repeat(6, 1).sum(0)
            return y * 2

        return {
            "a chain of ten": watched(solution, chain, False)[0].peak_bytes,
            "ten that are kept": watched(solution, chain, True)[0].peak_bytes,
            "large first, then small": watched(solution, hill)[0].peak_bytes,
            "float64 and bool": watched(solution, signs)[0].peak_bytes,
        }

    def verify(self, case, got, want):
        size = 4 * case["x"].numel()
        expect(
            got["a chain of ten"] == 2 * size,
            f"ten temporaries of {size} bytes peak at {got['a chain of ten']}, expected {2 * size}",
        )
        expect(
            got["ten that are kept"] == 10 * size,
            f"ten kept tensors peak at {got['ten that are kept']}, expected {10 * size}",
        )


class ViewsAreFree(Check):
    """Views add no bytes, of tensors from outside as of those made inside; they keep their storage alive."""

    calls = "log.peak_bytes after views"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(30, 40))

    def probe(self, solution, x):
        def outside():
            return x.T, x.view(-1), x[3:7], x.expand(5, 30, 40), x.split(10), x.detach()

        def inside():
            y = x + 1
            return [y.T, *y.unbind(0), y.view(-1)]

        def a_view_holds_on():
            corner = (x + 1)[0, :2]
            return corner, x + 2

        works = {
            "of tensors from outside": outside,
            "of a tensor made inside": inside,
            "a view holds on": a_view_holds_on,
        }
        return {name: watched(solution, work)[0].peak_bytes for name, work in works.items()}


class InPlaceAndOut(Check):
    """In-place calls and out= buffers add no storage."""

    calls = "log.peak_bytes after add_, copy_, out=..."
    battery = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(20, 20))

    def probe(self, solution, x):
        own, buffer = x.clone(), torch.empty(20, 20)

        def outside():
            own.add_(1).mul_(2)
            own[3] = 0.0
            torch.mm(own, own, out=buffer)
            torch.add(own, 1, out=buffer)
            buffer.copy_(own)

        def inside():
            y = torch.empty(20, 20)
            y.fill_(1.0).add_(x)
            torch.exp(x, out=y)
            return y.relu_()

        return {
            name: watched(solution, work)[0].peak_bytes for name, work in (("outside", outside), ("inside", inside))
        }


class SavedForBackward(Check):
    """What the graph keeps for backward stays counted, although no name in Python holds it any more."""

    calls = "log.peak_bytes of a forward and a backward"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(16, 8, requires_grad=True))

    def probe(self, solution, x):
        def forward():
            y = x
            for _ in range(6):
                y = y.exp().sigmoid()
            return y.sum()

        net = network(8, 3)
        return {
            "with a graph": watched(solution, forward)[0].peak_bytes,
            "without": watched(solution, torch.no_grad()(forward))[0].peak_bytes,
            "forward and backward": watched(solution, lambda: forward().backward())[0].peak_bytes,
            "a training step": watched(solution, lambda: net(x.detach()).square().sum().backward())[0].peak_bytes,
        }


class NothingIsKeptAlive(Check):
    """The log holds on to no tensor and no storage."""

    calls = "weak references to tensors made inside the block"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 5))

    def probe(self, solution, x):
        log = solution.OpLog()
        with log:
            y = x * 2
            z = x.clone()
            watched_ones = [weakref.ref(y), weakref.ref(y.untyped_storage()), weakref.ref(z)]
            del y
            gc.collect()
            inside = [reference() is not None for reference in watched_ones]
        del z
        gc.collect()
        return {"alive in the block: y, its storage, z": inside, "z afterwards": watched_ones[2]() is not None}


class ErrorsPass(Check):
    """An exception leaves the block as it is, ends the log, and the log can be used again."""

    calls = "an exception inside with OpLog() as log"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 3))

    def probe(self, solution, x):
        log, caught = solution.OpLog(), "nothing"
        try:
            with log:
                y = x.exp()
                y @ y
        except RuntimeError as error:
            caught = type(error).__name__
        x.sin()
        first = dict(log.calls)
        with log:
            (x @ x.T).cos()
        x.sin()
        return {"caught": caught, "after the error": first, "used again": dict(log.calls), "flops": log.flops}


class TwentyLayers(Workload):
    """A training step of a perceptron with 20 layers of width 256, watched; the opponent runs it without a log."""

    calls = "a step of a 20-layer perceptron inside a log"
    compare = False

    def cases(self, draw: Draw, width: int = 256, depth: int = 20):
        yield dict(x=draw.normal(width, width), depth=depth)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, width=8, depth=2))

    def probe(self, solution, x, depth):
        net = network(x.shape[1], depth)
        log = solution.OpLog()
        for _ in range(3):
            with log:
                loss = net(x).square().mean()
                loss.backward()
        return loss.detach()
