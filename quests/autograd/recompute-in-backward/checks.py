"""Hidden checks of autograd/recompute-in-backward."""

import gc
import weakref

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, cotangent, expect, raised

SAME = Tolerance(relative=1e-5, absolute=1e-6)


def leaf(x):
    """A leaf of the probe's own, so that .grad belongs to this call."""
    return x.detach().clone().requires_grad_(x.requires_grad)


def backward(output):
    """Backward along a fixed direction."""
    output.backward(cotangent(output))


class ReplaysTheCall:
    """What every comparison here shares: the same operations in the same order, so float64 is no yardstick."""

    truth = False
    tolerance = SAME


class SameAsThePlainCall(ReplaysTheCall, Check):
    """Results and gradients of the inputs equal those of fn(*args)."""

    calls = "checkpoint(fn, x, w), then backward"

    def cases(self, draw: Draw):
        yield case("two inputs", x=draw.normal(3, 5, requires_grad=True), w=draw.normal(5, 4, requires_grad=True))
        yield case("one wants no gradient", x=draw.normal(3, 5), w=draw.normal(5, 4, requires_grad=True))
        yield case("a vector", x=draw.normal(5, requires_grad=True), w=draw.normal(5, 2))

    def probe(self, solution, x, w):
        x, w = leaf(x), leaf(w)
        output = solution.checkpoint(lambda a, b: torch.tanh(a @ b).exp() * a.sum(), x * 2, w)
        backward(output)
        return {"result": output.detach(), "gradient of x": x.grad, "gradient of w": w.grad}


class CapturedParameters(ReplaysTheCall, Check):
    """Parameters that fn captures get their gradients, also when no input wants one, and add up over two calls."""

    calls = "checkpoint(fn, x), where fn uses parameters, then backward"

    def cases(self, draw: Draw):
        shapes = {"w": draw.normal(5, 4, requires_grad=True), "b": draw.normal(4, requires_grad=True)}
        yield case("x wants a gradient", x=draw.normal(3, 5, requires_grad=True), times=1, **shapes)
        yield case("called twice, gradients add up", x=draw.normal(3, 5, requires_grad=True), times=2, **shapes)

    def probe(self, solution, x, w, b, times):
        x, w, b = leaf(x), leaf(w), leaf(b)
        for _ in range(times):
            backward(solution.checkpoint(lambda a: torch.sigmoid(a @ w + b) ** 2, x))
        return {"gradient of x": x.grad, "gradient of w": w.grad, "gradient of b": b.grad}


class NoInputWantsAGradient(ReplaysTheCall, Check):
    """Captured parameters learn even when no input requires grad, as in the first layer of a network."""

    calls = "checkpoint(fn, x), x without requires_grad, then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5), w=draw.normal(5, 4, requires_grad=True))

    def probe(self, solution, x, w):
        w = leaf(w)
        output = solution.checkpoint(lambda a: torch.tanh(a @ w) ** 2, x)
        wants = output.requires_grad
        if wants:
            backward(output)
        return {"result requires grad": wants, "gradient of w": w.grad}


class CalledExactlyTwice(Check):
    """fn runs once in forward and once in backward, whatever the number of its results."""

    calls = "checkpoint(fn, x), then backward"
    compare = False

    def cases(self, draw: Draw):
        yield case("one result", x=draw.normal(4, requires_grad=True), results=1)
        yield case("three results", x=draw.normal(4, requires_grad=True), results=3)

    def probe(self, solution, x, results):
        calls = []

        def fn(a):
            calls.append(1)
            outputs = tuple((a.exp() + number).tanh() for number in range(results))
            return outputs if results > 1 else outputs[0]

        outputs = solution.checkpoint(fn, leaf(x))
        after_forward = len(calls)
        sum(output.sum() for output in (outputs if results > 1 else (outputs,))).backward()
        return {"forward": after_forward, "both": len(calls)}

    def verify(self, case, got, want):
        expect(got["forward"] == 1, f"fn ran {got['forward']} times during forward, expected 1")
        again = got["both"] - got["forward"]
        expect(
            again == 1,
            f"fn ran {again} times during backward, expected 1" + ("" if again else ": nothing is recomputed"),
        )


class IntermediatesAreGone(Check):
    """After forward nothing that fn made inside is alive, and after backward nothing at all."""

    calls = "checkpoint(fn, x)"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(64, requires_grad=True))

    def probe(self, solution, x):
        made = []

        def fn(a):
            inside = a.exp()
            made.append(weakref.ref(inside))
            second = inside * inside.sin()
            made.append(weakref.ref(second))
            return second.tanh().sum()

        output = solution.checkpoint(fn, leaf(x))
        gc.collect()
        after_forward = sum(each() is not None for each in made)
        output.backward()
        del output
        gc.collect()
        return {"forward": after_forward, "backward": sum(each() is not None for each in made)}

    def verify(self, case, got, want):
        expect(got["forward"] == 0, f"{got['forward']} of 2 intermediate tensors of fn are still alive after forward")
        expect(got["backward"] == 0, f"{got['backward']} intermediate tensors are still alive after backward")


class DropoutAgrees(ReplaysTheCall, Check):
    """With dropout inside fn the gradients belong to the mask of the forward."""

    calls = "checkpoint(fn, x) with dropout inside fn, then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(8, 16, mean=1.0, requires_grad=True), seed=draw.seed())

    def probe(self, solution, x, seed):
        torch.manual_seed(seed)
        x = leaf(x)
        output = solution.checkpoint(lambda a: torch.nn.functional.dropout(a.exp(), 0.5), x)
        torch.rand(3)  # the world goes on between forward and backward
        backward(output)
        kept, moved = output.detach() != 0, x.grad != 0
        return {"result": output.detach(), "gradient": x.grad, "kept here, moved there": int((kept != moved).sum())}


class RandomnessGoesOn(ReplaysTheCall, Check):
    """After backward the global generator stands where it would stand without checkpointing."""

    calls = "checkpoint(fn, x) with dropout inside fn, then backward, then torch.rand"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(8, requires_grad=True), seed=draw.seed())

    def probe(self, solution, x, seed):
        torch.manual_seed(seed)
        output = solution.checkpoint(lambda a: torch.nn.functional.dropout(a.exp(), 0.5), leaf(x))
        between = torch.rand(3, device=x.device)
        backward(output)
        return {"drawn after forward": between, "drawn after backward": torch.rand(3, device=x.device)}


class OtherArgumentsAndResults(ReplaysTheCall, Check):
    """Arguments and results may be numbers, strings, None, integer tensors; a result may go unused in the loss."""

    calls = "checkpoint(fn, x, 3, None, index), then backward through one result"

    def cases(self, draw: Draw):
        for which in (0, 4):
            yield case(
                f"backward through result {which}",
                x=draw.normal(5, 3, requires_grad=True),
                index=draw.permutation(5),
                which=which,
            )

    def probe(self, solution, x, index, which):
        x = leaf(x)

        def fn(a, times, nothing, order):
            picked = a[order].exp()
            return picked * times, "text", nothing, order.flip(0), picked.tanh().sum()

        results = solution.checkpoint(fn, x, 3, None, index)
        plain = [result.detach() if isinstance(result, torch.Tensor) else result for result in results]
        kind = type(results).__name__
        backward(results[which])
        return {"results": plain, "kind": kind, "gradient": x.grad}


class AutocastIsReplayed(ReplaysTheCall, Check):
    """The replay runs under the autocast state of the forward, not under that of backward."""

    calls = "with torch.autocast('cpu', dtype): checkpoint(fn, x); backward outside"

    def cases(self, draw: Draw):
        for label, inside, outside, dtype in (
            ("autocast in forward only", True, False, torch.bfloat16),
            ("in backward only", False, True, torch.bfloat16),
            ("another dtype than the usual one", True, False, torch.float16),
        ):
            x, w = draw.normal(6, 17, requires_grad=True), draw.normal(17, 9, requires_grad=True)
            yield case(label, x=x, w=w, inside=inside, outside=outside, dtype=dtype)

    def probe(self, solution, x, w, inside, outside, dtype):
        x, w = leaf(x), leaf(w)
        kinds = []

        def fn(a):
            hidden = a @ w
            kinds.append(str(hidden.dtype))
            return (hidden.float() ** 2).tanh()

        with torch.autocast(x.device.type, dtype, enabled=inside):
            output = solution.checkpoint(fn, x)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=outside):
            backward(output)
        return {"dtype inside fn, by call": kinds, "gradient of x": x.grad, "gradient of w": w.grad}


class NothingUnderNoGrad(Check):
    """Inside torch.no_grad() it is the plain call: no graph, one run, and the input can be freed."""

    calls = "with torch.no_grad(): checkpoint(fn, x)"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, requires_grad=True))

    def probe(self, solution, x):
        x = leaf(x)
        seen = weakref.ref(x)
        calls = []

        def fn(a):
            calls.append(1)
            return a.exp().tanh()

        with torch.no_grad():
            output = solution.checkpoint(fn, x)
        del x
        gc.collect()
        return {"value": output, "graph": output.requires_grad, "kept": seen() is not None, "runs": len(calls)}

    def verify(self, case, got, want):
        expect(got["value"].allclose(case["x"].detach().exp().tanh()), "the result is not that of fn(x)")
        expect(not got["graph"], "the result requires grad, although gradients were switched off")
        expect(not got["kept"], "the input is kept alive, although nobody can call backward")
        expect(got["runs"] == 1, f"fn ran {got['runs']} times, expected 1")


class SecondBackwardRaises(Check):
    """A second backward without retain_graph raises RuntimeError, as for every graph."""

    calls = "checkpoint(fn, x), then backward twice"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, requires_grad=True))

    def probe(self, solution, x):
        output = solution.checkpoint(lambda a: a.exp().tanh(), leaf(x)).sum()
        output.backward()
        return raised(output.backward)

    def verify(self, case, got, want):
        name = got["raised"]
        expect(
            name == "RuntimeError",
            f"the second backward raised {name}, expected RuntimeError: its graph has been freed",
        )


class StaleInputsRaise(Check):
    """An input changed in place between forward and backward raises RuntimeError instead of giving wrong gradients."""

    calls = "y = checkpoint(fn, h); h.mul_(2); y.backward()"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, requires_grad=True))

    def probe(self, solution, x):
        hidden = leaf(x) * 1.5
        output = solution.checkpoint(lambda a: a.exp().tanh(), hidden).sum()
        with torch.no_grad():
            hidden.mul_(2)
        return raised(output.backward)

    def verify(self, case, got, want):
        name = got["raised"]
        expect(
            name == "RuntimeError",
            f"backward raised {name}, expected RuntimeError: the replay saw other inputs than forward",
        )


class NestedCheckpoints(ReplaysTheCall, Check):
    """A checkpoint inside a checkpoint gives the same results, gradients and dropout masks."""

    calls = "checkpoint(outer, x), where outer calls checkpoint(inner, ...), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5, requires_grad=True), w=draw.normal(5, 5, requires_grad=True), seed=draw.seed())

    def probe(self, solution, x, w, seed):
        x, w = leaf(x), leaf(w)

        def inner(a):
            return torch.nn.functional.dropout(torch.tanh(a @ w), 0.3)

        def outer(a):
            return solution.checkpoint(inner, a.exp()) * solution.checkpoint(inner, a).sin()

        torch.manual_seed(seed)
        output = solution.checkpoint(outer, x)
        backward(output)
        return {
            "result": output.detach(),
            "gradient of x": x.grad,
            "gradient of w": w.grad,
            "drawn afterwards": torch.rand(2, device=x.device),
        }


class ChainOfLayers(ReplaysTheCall, Check):
    """checkpoint_chain equals the plain chain for 1, 3 and L segments, and for lengths that do not divide."""

    calls = "checkpoint_chain(layers, x, segments), then backward"

    def cases(self, draw: Draw):
        for count, segments in ((6, 3), (7, 3), (5, 1), (5, 5), (7, 4), (1, 1)):
            yield case(
                f"{count} layers in {segments} segments",
                x=draw.normal(3, 4, requires_grad=True),
                w=draw.normal(count, 4, 4, requires_grad=True),
                segments=segments,
            )

    def probe(self, solution, x, w, segments):
        x, w = leaf(x), leaf(w)
        calls = [0] * len(w)

        def layer(number):
            def run(hidden):
                calls[number] += 1
                return torch.tanh(hidden @ w[number])

            return run

        output = solution.checkpoint_chain([layer(number) for number in range(len(w))], x, segments)
        once = list(calls)
        backward(output)
        return {"result": output.detach(), "calls in forward": once, "gradient of x": x.grad, "gradient of w": w.grad}


def gelu_layers(w):
    """One callable a layer, each keeping two tensors of the size of its input for backward."""
    return [lambda hidden, weight=weight: torch.nn.functional.gelu(hidden @ weight) for weight in w]


class DeepChain(Workload):
    """64 layers of width 64 at batch 4,096 in 8 segments, forward and backward: 1 MiB a tensor."""

    calls = "checkpoint_chain(64 layers, x (4096, 64), 8), then backward"
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)

    def cases(self, draw: Draw, batch: int = 4096):
        yield dict(
            x=draw.normal(batch, 64, requires_grad=True),
            w=draw.normal(64, 64, 64, std=0.15, requires_grad=True),
        )

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, batch=2))

    def probe(self, solution, x, w):
        x, w = leaf(x), leaf(w)
        solution.checkpoint_chain(gelu_layers(w), x, 8).sum().backward()
        return x.grad


class DeepChainForward(Workload):
    """The same chain, forward only: what is alive then is what backward will need."""

    calls = "checkpoint_chain(64 layers, x (4096, 64), 8)"
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)

    def cases(self, draw: Draw, batch: int = 4096):
        yield dict(
            x=draw.normal(batch, 64, requires_grad=True),
            w=draw.normal(64, 64, 64, std=0.15, requires_grad=True),
        )

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, batch=2))

    def probe(self, solution, x, w):
        return solution.checkpoint_chain(gelu_layers(w), x, 8)


class ChainWork(Workload):
    """32 layers in 4 segments, forward and backward, to count the multiplications."""

    calls = "checkpoint_chain(32 layers, x (64, 32), 4), then backward"
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(64, 32, requires_grad=True), w=draw.normal(32, 32, 32, std=0.2, requires_grad=True))

    def probe(self, solution, x, w):
        x, w = leaf(x), leaf(w)
        solution.checkpoint_chain(gelu_layers(w), x, 4).sum().backward()
        return x.grad
