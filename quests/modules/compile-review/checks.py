"""Hidden checks of modules/compile-review."""

import copy

import torch
from torch import nn

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, fill_parameters

# sums in another order
SAME = Tolerance(relative=1e-4, absolute=1e-5)
ROUTER, RAGGED = "Router", "Ragged"


def router(solution, x, limit=2.0, experts=3, training=True):
    """A Router with fixed weights."""
    given = () if limit is None else (limit,)
    made = fill_parameters(solution.Router(x.shape[1], experts, *given), scale=0.6).to(x.device, x.dtype)
    return made.train(training)


def ragged(solution, x, scale=0.7, training=True):
    """A Ragged with fixed weights."""
    given = () if scale is None else (scale,)
    return fill_parameters(solution.Ragged(x.shape[2], *given), scale=0.6).to(x.device, x.dtype).train(training)


def clear_cut(draw, rows, dim, std=1.0, limits=(2.0,), experts=3):
    """x (rows, dim) that rounding does not decide: one expert clearly preferred, and a level well away from 0, where a root is steep."""
    layers = nn.ModuleList([nn.Linear(dim, experts), *(nn.Linear(dim, dim) for _ in range(experts))])  # as in router()
    gate, *every = fill_parameters(layers, scale=0.6).double()
    kept = draw.normal(0, dim)
    while len(kept) < rows:
        x = draw.normal(4 * rows, dim, std=std)
        good = torch.ones(len(x), dtype=torch.bool)
        for limit in limits:
            short = x.double() * (limit / x.double().norm(dim=1, keepdim=True)).clamp(max=1)
            best, chosen = torch.softmax(gate(short), 1).topk(2)
            seen = torch.stack([expert(short) for expert in every], 1)
            level = seen[torch.arange(len(x)), chosen[:, 0]].mean(1) * best[:, 0]
            good &= (level.abs() > 0.02) & (best[:, 0] - best[:, 1] > 1e-3)
        kept = torch.cat([kept, x[good]])
    return kept[:rows]


def result_and_gradients(made, call, x):
    """The result, and gradients of x and all parameters; none (a part that had nothing to do) counts as zero."""
    x = x.detach().clone().requires_grad_()
    output = call(x)
    (output * torch.cos(torch.arange(output.numel(), dtype=x.dtype, device=x.device)).view_as(output)).sum().backward()
    found = {"output": output.detach(), "gradient of x": torch.zeros_like(x) if x.grad is None else x.grad}
    for name, each in made.named_parameters():
        found[f"gradient of {name}"] = torch.zeros_like(each) if each.grad is None else each.grad
    return found


def spread_lengths(draw, rows, most):
    """Lengths in [1, most] with an empty and a full one among them."""
    lengths = draw.integers(1, most + 1, rows)
    lengths[0] = most
    if rows > 1:
        lengths[1] = 0
    return lengths


class RouterAsBefore(Check):
    """Router gives the starter's results and gradients in eager mode, in training and eval."""

    part = ROUTER
    calls = "Router(dim, experts, limit)(x), then backward"
    truth = False
    tolerance = SAME

    def cases(self, draw: Draw):
        yield case("training", x=clear_cut(draw, 9, 5), training=True)
        yield case("eval", x=clear_cut(draw, 9, 5), training=False)
        yield case("rows far beyond the limit", x=clear_cut(draw, 7, 4, std=50.0), training=True)
        yield case("one row", x=clear_cut(draw, 1, 4), training=True)
        x = clear_cut(draw, 4, 6)
        x[2] = 0
        yield case("a row of zeros", x=x, training=True)
        yield case(
            "the limit that was not given", x=clear_cut(draw, 6, 5, std=20.0, limits=(10.0,)), training=True, limit=None
        )

    def probe(self, solution, x, training, limit=2.0):
        made = router(solution, x, limit, training=training)
        return result_and_gradients(made, made, x)


class TheRootSeesNoZero(Check):
    """Where a row's mean is 0 or negative the root is not taken: value and gradients stay finite and right."""

    part = ROUTER
    calls = "Router(dim, experts)(x) with experts that give 0, then backward"
    truth = False
    tolerance = SAME

    def cases(self, draw: Draw):
        yield case("exactly 0", x=draw.normal(6, 4), shift=0.0)
        yield case("always negative", x=draw.normal(6, 4), shift=-1.0)

    def probe(self, solution, x, shift):
        made = router(solution, x)
        with torch.no_grad():
            for expert in made.experts:
                expert.weight.zero_()
                expert.bias.fill_(shift)
        return result_and_gradients(made, made, x)


class ExpertsThatAreNotAsked(Check):
    """An expert that is not chosen does not matter, though its result be infinite."""

    part = ROUTER
    calls = "Router(dim, 3)(x), expert 2 overflows and is never chosen"
    truth = False
    tolerance = SAME

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(6, 4))

    def probe(self, solution, x):
        made = router(solution, x)
        with torch.no_grad():
            made.gate.bias[2] = -1e4
            made.experts[2].bias.fill_(float("inf"))
        return result_and_gradients(made, made, x)["output"]


class RaggedAsBefore(Check):
    """Ragged gives the starter's results and gradients in eager mode, for empty, full and single sequences."""

    part = RAGGED
    calls = "Ragged(dim, scale)(x, lengths), then backward"
    truth = False
    tolerance = SAME

    def cases(self, draw: Draw):
        for rows, most, dim in ((4, 6, 3), (3, 3, 3), (1, 5, 2), (5, 1, 4)):
            x = draw.normal(rows, most, dim)
            yield case(f"{rows} sequences up to {most}", x=x, lengths=spread_lengths(draw, rows, most), training=True)
        yield case("eval", x=draw.normal(4, 6, 3), lengths=spread_lengths(draw, 4, 6), training=False)
        yield case("all empty", x=draw.normal(3, 4, 2), lengths=torch.zeros(3, dtype=torch.int64), training=True)
        x = draw.normal(4, 6, 3)
        yield case("the scale that was not given", x=x, lengths=spread_lengths(draw, 4, 6), training=True, scale=None)

    def probe(self, solution, x, lengths, training, scale=0.7):
        made = ragged(solution, x, scale, training=training)
        return result_and_gradients(made, lambda each: made(each, lengths), x)


class PaddingDoesNotMatter(Check):
    """What lies in the padding has no influence on the result or on gradients, NaN and infinity included."""

    part = RAGGED
    calls = "Ragged(dim)(x, lengths) with NaN in the padding, then backward"
    truth = False
    tolerance = SAME

    def cases(self, draw: Draw):
        for value in (float("nan"), float("inf"), 1e30):
            x, lengths = draw.normal(4, 6, 3), spread_lengths(draw, 4, 6)
            x[torch.arange(6) >= lengths[:, None]] = value
            yield case(f"{value} in the padding", x=x, lengths=lengths)

    def probe(self, solution, x, lengths):
        made = ragged(solution, x)
        return result_and_gradients(made, lambda each: made(each, lengths), x)


class StateAsBefore(Check):
    """state_dict has the starter's names, and one that was saved by the starter loads strictly."""

    calls = "Router(4, 3).state_dict(), Ragged(4).state_dict()"
    compare = False

    def cases(self, draw: Draw):
        yield {}

    def probe(self, solution):
        return {
            "Router": sorted(solution.Router(4, 3).state_dict()),
            "Ragged": sorted(solution.Ragged(4).state_dict()),
            "parameters": sorted(name for name, _ in solution.Router(4, 3).named_parameters()),
        }

    def verify(self, case, got, want):
        names = [f"experts.{i}.{name}" for i in range(3) for name in ("bias", "weight")] + ["gate.bias", "gate.weight"]
        for which, right in (("Router", names), ("parameters", names), ("Ragged", ["out.bias", "out.weight"])):
            expect(got[which] == right, f"{which}: {got[which]}, expected {right}: files saved before must load")


class OneGraph(Check):
    """Compiled with fullgraph=True, by the backends eager and aot_eager, both give what they give in eager mode."""

    calls = "torch.compile(module, fullgraph=True, backend=backend), then backward"
    compare = False
    battery = False
    seconds = 120.0

    def cases(self, draw: Draw):
        for backend, training in (("eager", True), ("eager", False), ("aot_eager", True)):
            x, seqs = clear_cut(draw, 6, 4, std=2.0), draw.normal(3, 5, 4)
            label = f"{backend}, {'training' if training else 'eval'}"
            lengths = spread_lengths(draw, 3, 5)
            yield case(label, x=x, seqs=seqs, lengths=lengths, backend=backend, training=training)

    def probe(self, solution, x, seqs, lengths, backend, training):
        torch._dynamo.reset()  # noqa: SLF001 - the name by which torch documents it
        found = {}
        for name, made, value, more in (
            ("Router", router(solution, x, training=training), x, ()),
            ("Ragged", ragged(solution, seqs, training=training), seqs, (lengths,)),
        ):
            twin = copy.deepcopy(made)
            call = torch.compile(made, fullgraph=True, backend=backend)
            try:
                compiled = result_and_gradients(made, lambda each, call=call, more=more: call(each, *more), value)
            except torch._dynamo.exc.TorchDynamoException as error:  # noqa: SLF001 - its only name
                lines = [line.strip() for line in str(error).splitlines() if line.strip()]
                found[name] = lines[0] if lines else "graph break"
                continue
            plain = result_and_gradients(twin, lambda each, twin=twin, more=more: twin(each, *more), value)
            wide = [key for key in plain if not plain[key].allclose(compiled[key], rtol=1e-4, atol=1e-5)]
            found[name] = f"other values than in eager mode: {', '.join(wide)}" if wide else ""
        return found

    def verify(self, case, got, want):
        for name, trouble in got.items():
            expect(not trouble, f"{name}: {trouble}")


class FewGraphs(Check):
    """One graph serves all values of limit, scale and steps; three serve 8 lengths and 3 batch sizes."""

    after = OneGraph
    calls = "torch.compile(module): graphs that were made"
    compare = False
    battery = False
    seconds = 120.0

    def cases(self, draw: Draw):
        yield case("limit and scale change 4 times", what="values", x=draw.normal(6, 4), lengths=[5])
        yield case("5 calls in training mode", what="calls", x=draw.normal(6, 4), lengths=[5])
        lengths = draw.shuffled([2, 3, 5, 7, 11, 13, 17, 19])
        yield case("8 lengths and 3 batch sizes", what="shapes", x=draw.normal(10, 4), lengths=lengths)

    def probe(self, solution, what, x, lengths):
        made = {"Router": router(solution, x), "Ragged": fill_parameters(solution.Ragged(4)).to(x.dtype)}
        return {name: graphs(each, name, what, x, lengths) for name, each in made.items()}

    def verify(self, case, got, want):
        most = 3 if case["what"] == "shapes" else 1
        for name, (count, breaks) in got.items():
            expect(not breaks, f"{name}: the graph breaks when it is compiled without fullgraph=True")
            expect(count <= most, f"{name}: {count} graphs were made, expected at most {most}")


def graphs(made, name, what, x, lengths):
    """How many graphs are compiled over a series of calls, and whether one of them breaks."""
    torch._dynamo.reset()  # noqa: SLF001 - the name by which torch documents it
    counters = torch._dynamo.utils.counters  # noqa: SLF001 - its only name
    counters.clear()
    count = []

    def backend(graph, _inputs):
        count.append(1)
        return graph.forward

    call = torch.compile(made, backend=backend)
    sizes = [(rows, length) for rows in (6, 8, 10) for length in lengths] if what == "shapes" else [(3, 5)] * 5
    for number, (rows, length) in enumerate(sizes):
        if what == "values":
            getattr(made, "set_limit" if name == "Router" else "set_scale")(1.5 + number)
        try:
            if name == "Router":
                call(x[:rows])
            else:
                call(x.new_ones(rows, length, 4), torch.full((rows,), length - 1, device=x.device))
        except torch._dynamo.exc.TorchDynamoException:  # noqa: SLF001 - its only name
            return [len(count), True]  # of a break dynamo wants to show source lines, which a worker may not read
    return [len(count), bool(counters["graph_break"] or counters["unimplemented"])]


class RouterCounts(Check):
    """steps and usage_counts() count calls and rows in training mode only, in eager mode and compiled."""

    after = OneGraph
    calls = "Router(dim, experts): 3 calls in training mode, 2 in eval mode"
    compare = False
    battery = False
    seconds = 120.0

    def cases(self, draw: Draw):
        for compiled in (False, True):
            yield case("compiled" if compiled else "eager", x=draw.normal(3, 7, 5), compiled=compiled)

    def probe(self, solution, x, compiled):
        made = router(solution, x[0])
        call = torch.compile(made, backend="eager") if compiled else made
        shares = torch.zeros(3, dtype=torch.int64, device=x.device)
        for each in x:
            call(each)
            short = each * (2.0 / each.norm(dim=1, keepdim=True)).clamp(max=1)
            shares += torch.bincount(made.gate(short).argmax(1), minlength=3)
        made.eval()
        for each in x[:2]:
            call(each)
        return {
            "steps": int(made.steps),
            "usage": [int(each) for each in made.usage_counts()],
            "right": shares.tolist(),
            "whole": all(type(each) is int for each in made.usage_counts()),
            "dtype of steps": str(made.steps.dtype) if isinstance(made.steps, torch.Tensor) else "int",
        }

    def verify(self, case, got, want):
        expect(got["whole"], "usage_counts() gives a list of int, and these are none")
        expect("float" not in got["dtype of steps"], f"steps is {got['dtype of steps']}: float32 stops at 16,777,216")
        expect(got["steps"] == 3, f"steps is {got['steps']} after 3 calls in training mode and 2 in eval, expected 3")
        expect(got["usage"] == got["right"], f"usage_counts() gives {got['usage']}, expected {got['right']}")


class LimitsCanChange(Check):
    """set_limit and set_scale take effect at the next call, in eager mode and compiled."""

    after = OneGraph
    calls = "set_limit(0.5) or set_scale(3.0) between two calls"
    truth = False
    tolerance = SAME
    battery = False
    seconds = 120.0

    def cases(self, draw: Draw):
        for compiled in (False, True):
            x, seqs = clear_cut(draw, 5, 4, limits=(2.0, 0.5)), draw.normal(3, 6, 4)
            label = "compiled" if compiled else "eager"
            yield case(label, x=x, seqs=seqs, lengths=spread_lengths(draw, 3, 6), compiled=compiled)

    def probe(self, solution, x, seqs, lengths, compiled):
        made, pooling = router(solution, x), ragged(solution, seqs)
        call, pool = made, pooling
        if compiled:
            call, pool = torch.compile(made, backend="eager"), torch.compile(pooling, backend="eager")
        first = [call(x).detach().clone(), pool(seqs, lengths).detach().clone()]
        made.set_limit(0.5)
        pooling.set_scale(3.0)
        return [*first, call(x).detach(), pool(seqs, lengths).detach()]


class HalfPrecision(Check):
    """Ragged works in bfloat16, as it did."""

    part = RAGGED
    calls = "Ragged(dim).bfloat16()(x, lengths)"
    truth = False
    tolerance = Tolerance(relative=0.05, absolute=0.05)
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 6, 3, dtype=torch.bfloat16), lengths=spread_lengths(draw, 4, 6))

    def probe(self, solution, x, lengths):
        return ragged(solution, x)(x, lengths).detach()


class Compiled(Workload):
    """Both modules compiled, forward and backward."""

    calls = "torch.compile of Router and Ragged, forward and backward"
    tolerance = SAME
    preload = ("torch._dynamo",)
    seconds = 120.0

    def cases(self, draw: Draw):
        yield dict(x=clear_cut(draw, 12, 6), seqs=draw.normal(4, 9, 6), lengths=spread_lengths(draw, 4, 9))

    def probe(self, solution, x, seqs, lengths):
        first, second = router(solution, x), ragged(solution, seqs)
        one = torch.compile(first, backend="eager")(x)
        other = torch.compile(second, backend="eager")(seqs, lengths)
        (one.sum() + other.sum()).backward()
        return one.detach(), other.detach()


class ManyLengths(Workload):
    """Ragged compiled, 8 lengths and 3 batch sizes."""

    calls = "torch.compile of Ragged over 8 lengths and 3 batch sizes"
    tolerance = SAME
    preload = ("torch._dynamo",)
    seconds = 120.0

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(10, 19, 4), lengths=draw.shuffled([2, 3, 5, 7, 11, 13, 17, 19]))

    def probe(self, solution, x, lengths):
        call = torch.compile(ragged(solution, x), backend="eager")
        sizes = [(rows, length) for rows in (6, 8, 10) for length in lengths]
        with torch.no_grad():
            # contiguous: that the full length is and a shorter slice is not would cost a graph of its own
            return [call(x[:r, :t].contiguous(), torch.full((r,), t - 1, device=x.device)) for r, t in sizes]


class EagerWork(Workload):
    """Both modules in eager mode, forward and backward, at sizes as in training."""

    calls = "Router at (512, 32) and Ragged at (64, 96, 32) in eager mode, forward and backward"
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)

    def cases(self, draw: Draw, rows: int = 512):
        # lengths of rows stay below the limit: the starter would print
        x = clear_cut(draw, rows, 32, std=0.2, limits=(10.0,), experts=4)
        yield dict(x=x, seqs=draw.normal(rows // 8, 96, 32), lengths=draw.integers(0, 97, rows // 8))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=8))

    def probe(self, solution, x, seqs, lengths):
        first, second = router(solution, x, limit=10.0, experts=4), ragged(solution, seqs)
        one, other = first(x), second(seqs, lengths)
        (one.square().mean() + other.square().mean()).backward()
        return one.detach(), other.detach()
