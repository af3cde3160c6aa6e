"""Hidden checks of autograd/differentiate-a-graph."""

from collections import Counter

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect

TRACE, BACKWARD, SAVED = "trace(f, *example)", "backward_graph(trace(f, *example))", "saved_values(trace(f, *example))"
CLOSE = Tolerance(relative=1e-4, absolute=1e-5)


def chain(x, y):
    return (torch.tanh(x * 2.0 + 1.0).exp() - y.sin()).sum()


def layer(x, w, b):
    return torch.tanh(x @ w + b).sum()


def deep(x, w, b):
    for _ in range(3):
        x = torch.relu(x @ w + b) + x
    return (x * x).sum()


def shares(x, y):
    e = x.exp()
    return (e / e.sum(1, keepdim=True) * y).sum().log()


def reuse(x, y):
    s = x * y
    t = s + s.sin() + s.cos() * s
    return (t * s).sum() - s.sum()


def shaped(x, y):
    z = x.view(4, 3).t() @ y.expand(4, 2)
    return (z / (y * y + 1.0)).sum() + x.sum(0).view(2, 2).t().sum(1).exp().sum()


def numbers(x, y):
    return torch.add(x, y, alpha=2).sub(0.5, alpha=3).div(1.7).neg().mul(y).sum()


def differences(x, y):
    return torch.sub(x.cos(), y, alpha=-1.5).log().sum() / 7


def sums(x, y):
    return (x.sum((0, 2), keepdim=True) * y.sum(-1, keepdim=True)).sum(1).exp().sum() + x.sum(0).sum(-1).neg().sum()


def planes(x, y):
    return (x * y + x / (y * y + 2.0)).sum() + (x.sum(dim=None, keepdim=True) * y).sin().sum()


def alphas(x, y):
    return (torch.add(x, y, alpha=0) * torch.sub(y, x, alpha=2)).sum() + torch.sub(x, y.exp(), alpha=0).cos().sum()


def unused(x, y):
    return x.sin().sum()


def itself(x, y):
    return (x * x / x - x).exp().sum() + y.sum()


def scalar(x):
    return x.exp()


def identity_sum(x):
    return x.sum()


FUNCTIONS = {
    "chain": chain,
    "layer": layer,
    "deep": deep,
    "shares": shares,
    "reuse": reuse,
    "shaped": shaped,
    "numbers": numbers,
    "differences": differences,
    "sums": sums,
    "planes": planes,
    "alphas": alphas,
    "unused": unused,
    "itself": itself,
    "scalar": scalar,
    "identity_sum": identity_sum,
}

# For every function the shapes of its inputs, several to choose from where broadcasting allows it, and what is added to them.
SHAPES = {
    "chain": ([(3, 4)], [(4,), (1, 4), (3, 1), (3, 4)]),
    "layer": ([(3, 5)], [(5, 4)], [(4,)]),
    "deep": ([(3, 4)], [(4, 4)], [(1, 4)]),
    "shares": ([(3, 5)], [(5,)]),
    "reuse": ([(4, 3)], [(3,)]),
    "shaped": ([(3, 4)], [(1, 2)]),
    "numbers": ([(2, 3)], [(3,), (2, 1), (1, 1), ()]),
    "differences": ([(3, 1)], [(4,)]),
    "sums": ([(2, 3, 4)], [(3, 2)]),
    "planes": ([(2, 3, 4)], [(3, 1), (1, 4), (4,), (2, 1, 4), ()]),
    "alphas": ([(2, 3)], [(3,), (2, 1)]),
    "itself": ([(2, 3)], [(4,)]),
    "unused": ([(2, 3)], [(4,)]),
    "scalar": ([()],),
    "identity_sum": ([(2, 3)],),
}
SHIFTS = {"shares": (0.0, 3.0), "differences": (0.0, 3.0), "itself": (3.0, 0.0)}  # away from log 0 and 0 / 0


def inputs_of(draw, name, dtype=torch.float32):
    """Inputs for a function."""
    values = [
        draw.normal(*draw.choice(shapes), std=0.5, dtype=torch.float64).clamp(-1.5, 1.5) for shapes in SHAPES[name]
    ]
    shifts = SHIFTS.get(name, (0.0,) * len(values))
    return [(value + shift).to(dtype) for value, shift in zip(values, shifts, strict=True)]


def autograd(name, values):
    """(value, *gradients), zeros for what is not reached."""
    leaves = [value.detach().clone().requires_grad_() for value in values]
    value = FUNCTIONS[name](*leaves)
    return [value.detach(), *torch.autograd.grad(value, leaves, materialize_grads=True)]


def calls(gm):
    return [node for node in gm.graph.nodes if node.op == "call_function"]


def settled(results):
    """Contiguous results; what is None stays None."""
    return [value if value is None else value.contiguous() for value in results]


class TracesToAten(Check):
    """trace gives a graph of aten calls with one input for each example, and it computes f on other values, too."""

    calls = TRACE
    compare = False

    def cases(self, draw: Draw):
        for name in ("layer", "shares", "numbers"):
            yield case(name, name=name, values=inputs_of(draw, name), others=inputs_of(draw, name))

    def probe(self, solution, name, values, others):
        gm = solution.trace(FUNCTIONS[name], *values)
        if [tuple(value.shape) for value in values] != [tuple(value.shape) for value in others]:
            others = [value.flip(0) if value.dim() else value + 1 for value in values]
        return {
            "inputs": sum(node.op == "placeholder" for node in gm.graph.nodes),
            "targets": [str(node.target) for node in calls(gm)],
            "kinds": sorted({node.op for node in gm.graph.nodes}),
            "value": gm(*others),
            "wanted": FUNCTIONS[name](*others),
        }

    def verify(self, case, got, want):
        expect(got["inputs"] == len(case["values"]), f"{got['inputs']} inputs, expected {len(case['values'])}")
        strange = [target for target in got["targets"] if not target.startswith("aten.")]
        expect(not strange, f"calls that are not aten's: {', '.join(strange[:4])}")
        expect(bool(got["targets"]), "the graph holds no call")
        off = float((got["value"] - got["wanted"]).abs().max())
        expect(off < 1e-4, f"on other values the graph gives a result that is {off:.3g} away from f's")


class ValueAndGradients(Check):
    """backward_graph returns f's value and autograd's gradients, for 40 expressions with broadcasting between operands."""

    calls = BACKWARD
    tolerance = CLOSE
    truth = False

    def cases(self, draw: Draw):
        for name in ("chain", "layer", "numbers", "reuse", "shares", "differences", "shaped", "sums", "deep", "itself"):
            for _ in range(3):
                yield case(name, name=name, values=inputs_of(draw, name))
        for shape in SHAPES["planes"][1]:  # one that is stretched in front, one in the middle, one at the end, ...
            values = [draw.normal(2, 3, 4), draw.normal(*shape)]
            yield case(f"planes, y of shape {shape}", name="planes", values=values)
        for _ in range(2):
            yield case("alphas", name="alphas", values=inputs_of(draw, "alphas"))
        empty = [draw.normal(0, 5), *inputs_of(draw, "layer")[1:]]
        yield case("layer, x without rows", name="layer", values=empty)
        yield case("a number in, a number out", name="scalar", values=inputs_of(draw, "scalar"))
        yield case("x.sum()", name="identity_sum", values=inputs_of(draw, "identity_sum"))

    def probe(self, solution, name, values):
        found = solution.backward_graph(solution.trace(FUNCTIONS[name], *values))(*values)
        wanted = autograd(name, values)
        off = [
            float((one - two).abs().max() / two.abs().max().clamp_min(1e-3))
            for one, two in zip(found, wanted, strict=True)
            if one is not None and one.shape == two.shape and one.numel()
        ]
        return {"results": settled(found), "far from autograd": [each > 1e-3 for each in off]}


class OtherValues(Check):
    """The graph holds the gradient as a program: made from one example, it is right at other values of the same shape."""

    calls = f"{BACKWARD}, called with other values"
    tolerance = CLOSE
    truth = False

    def cases(self, draw: Draw):
        for name in ("layer", "deep", "shaped"):
            values = inputs_of(draw, name)
            yield case(name, name=name, values=values, others=[draw.normal(*value.shape) for value in values])

    def probe(self, solution, name, values, others):
        made = solution.backward_graph(solution.trace(FUNCTIONS[name], *values))
        return settled(made(*others))


class UnreachedInputs(Check):
    """An input that does not reach the output gets zeros of its own shape and dtype."""

    calls = BACKWARD
    tolerance = CLOSE
    truth = False

    def cases(self, draw: Draw):
        for dtype in (torch.float32, torch.float64):
            yield case(str(dtype), values=inputs_of(draw, "unused", dtype))

    def probe(self, solution, values):
        found = solution.backward_graph(solution.trace(unused, *values))(*values)
        return settled(found)


class WellFormed(Check):
    """The emitted graph lints, holds aten calls only, no dead node, and the inputs of the given graph in its order."""

    calls = BACKWARD
    compare = False

    def cases(self, draw: Draw):
        for name in ("layer", "deep", "reuse", "shares", "shaped"):
            yield case(name, name=name, values=inputs_of(draw, name))

    def probe(self, solution, name, values):
        gm = solution.trace(FUNCTIONS[name], *values)
        before = [node.name for node in gm.graph.nodes]
        made = solution.backward_graph(gm)
        try:
            made.graph.lint()
            fault = ""
        except RuntimeError as error:
            fault = str(error)
        return {
            "lint": fault,
            "kind": isinstance(made, torch.fx.GraphModule),
            "targets": [str(node.target) for node in calls(made)],
            "dead": [node.name for node in calls(made) if not node.users],
            "inputs": sum(node.op == "placeholder" for node in made.graph.nodes),
            "given graph unchanged": before == [node.name for node in gm.graph.nodes],
        }

    def verify(self, case, got, want):
        expect(got["kind"], "the result is not a torch.fx.GraphModule")
        expect(not got["lint"], f"graph.lint() says: {got['lint']}")
        strange = [target for target in got["targets"] if not target.startswith("aten.")]
        expect(not strange, f"calls that are not aten's: {', '.join(strange[:4])}")
        expect(not got["dead"], f"nodes that nobody uses: {', '.join(got['dead'][:5])}")
        expect(got["inputs"] == len(case["values"]), f"{got['inputs']} inputs, expected {len(case['values'])}")
        expect(got["given graph unchanged"], "the given graph was changed; write a new one")


class NothingIsComputedTwice(Check):
    """No two calls of the emitted graph are the same; exp and tanh are read from the forward, not computed again."""

    calls = BACKWARD
    compare = False

    def cases(self, draw: Draw):
        for name in ("chain", "layer", "shares", "reuse", "itself"):
            yield case(name, name=name, values=inputs_of(draw, name))

    def probe(self, solution, name, values):
        gm = solution.trace(FUNCTIONS[name], *values)
        made = solution.backward_graph(gm)
        keys = Counter(f"{node.target}{node.args}{node.kwargs}" for node in calls(made))
        return {
            "twice": [key for key, count in keys.items() if count > 1],
            "forward": {kind: sum(kind in str(node.target) for node in calls(gm)) for kind in ("exp.", "tanh.", "mm.")},
            "emitted": {
                kind: sum(kind in str(node.target) for node in calls(made)) for kind in ("exp.", "tanh.", "mm.")
            },
        }

    def verify(self, case, got, want):
        for kind in ("exp.", "tanh."):
            expect(
                got["emitted"][kind] <= got["forward"][kind],
                f"{got['emitted'][kind]} calls of {kind[:-1]} where the forward has {got['forward'][kind]}: read its output",
            )
        expect(not got["twice"], f"computed more than once: {'; '.join(got['twice'][:3])}")


class SavedValues(Check):
    """saved_values lists what the gradient reads: the output of tanh, exp, not their inputs; nothing for sums."""

    calls = SAVED
    compare = False

    def cases(self, draw: Draw):
        yield case(
            "tanh(x @ w + b)",
            name="layer",
            values=inputs_of(draw, "layer"),
            wanted=["placeholder 0", "placeholder 1", "aten.tanh.default"],
            free=[],
        )
        yield case("exp(x)", name="scalar", values=inputs_of(draw, "scalar"), wanted=["aten.exp.default"], free=[])
        yield case(
            "sin(x)",
            name="unused",
            values=inputs_of(draw, "unused"),
            wanted=["placeholder 0"],
            free=["placeholder 1", "aten.sum.default"],
        )
        yield case(
            "x.sum()", name="identity_sum", values=inputs_of(draw, "identity_sum"), wanted=[], free=["aten.sum.default"]
        )

    def probe(self, solution, name, values, wanted, free):
        gm = solution.trace(FUNCTIONS[name], *values)
        names = solution.saved_values(gm)
        places = [node.name for node in gm.graph.nodes if node.op == "placeholder"]
        kinds = {node.name: str(node.target) for node in calls(gm)}
        kinds |= {place: f"placeholder {number}" for number, place in enumerate(places)}
        return {"list": isinstance(names, list), "kinds": [kinds.get(each, f"unknown {each!r}") for each in names]}

    def verify(self, case, got, want):
        expect(got["list"], "the result is not a list")
        # a root's ones_like or a zeros_like reads a value's shape alone; whether that counts is left open
        open_kinds = {*case["free"], "aten.sum.default", "aten.exp.default" if case["name"] == "scalar" else ""}
        found = sorted(set(got["kinds"]) - (open_kinds - set(case["wanted"])))
        expect(found == sorted(case["wanted"]), f"saved are {found}, expected {sorted(case['wanted'])}")
        expect(len(got["kinds"]) == len(set(got["kinds"])), f"a name occurs twice: {got['kinds']}")


class DifferentiatesAgain(Check):
    """A function made of one emitted gradient can be traced and differentiated again: Hessian times ones, no dead node."""

    calls = "backward_graph(trace(lambda *x: backward_graph(...)(*x)[1].sum(), *x))"
    tolerance = CLOSE
    truth = False

    def cases(self, draw: Draw):
        for name in ("chain", "layer", "reuse", "shares", "shaped", "numbers", "deep", "differences"):
            yield case(name, name=name, values=inputs_of(draw, name, torch.float64))

    def probe(self, solution, name, values):
        first = solution.backward_graph(solution.trace(FUNCTIONS[name], *values))
        gm = solution.trace(lambda *x: first(*x)[1].sum(), *values)
        try:
            again = solution.backward_graph(gm)
        except NotImplementedError as error:  # would read as work not yet begun; here it is a fault to explain
            raise RuntimeError(f"what the rules themselves emit must have rules, too: {error}") from error
        unread = [node.name for node in calls(again) if not node.users]
        return {"results": settled(again(*values)), "nodes that nobody uses": unread}


class PerSampleGradients(Check):
    """The emitted graph is an ordinary function: torch.func.vmap over it gives one gradient for each sample."""

    calls = f"torch.func.vmap of {BACKWARD}"
    tolerance = CLOSE
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(6, 1, 5), w=draw.normal(5, 4), b=draw.normal(4))

    def probe(self, solution, x, w, b):
        made = solution.backward_graph(solution.trace(layer, x[0], w, b))
        return list(torch.func.vmap(made, in_dims=(0, None, None))(x, w, b))


class UnknownOperations(Check):
    """An operation without a rule raises NotImplementedError that names it."""

    calls = BACKWARD
    compare = False

    def cases(self, draw: Draw):
        for kind in ("erf", "cumsum", "atan"):
            yield case(f"f uses {kind}", x=draw.uniform(3, low=0.5, high=1.0), kind=kind)

    def probe(self, solution, x, kind):
        functions = {
            "erf": lambda x: (x * 2).erf().sum(),
            "cumsum": lambda x: x.cumsum(0).sin().sum(),
            "atan": lambda x: x.exp().atan().sum(),
        }
        gm = solution.trace(functions[kind], x)
        try:
            solution.backward_graph(gm)
        except Exception as error:  # which exception comes is what is asked
            return {"raised": type(error).__name__, "message": str(error)}
        return {"raised": "nothing", "message": ""}

    def verify(self, case, got, want):
        expect(got["raised"] == "NotImplementedError", f"it raised {got['raised']}, expected NotImplementedError")
        expect(case["kind"] in got["message"], f"the message does not name {case['kind']}: {got['message']!r}")


class EmittedCalls(Workload):
    """Every expression once: how many calls the emitted graph holds."""

    calls = "number of calls in backward_graph(trace(f, *example))"

    def cases(self, draw: Draw):
        for name in ("chain", "layer", "reuse", "shares", "differences", "shaped", "sums", "deep", "numbers"):
            yield case(name, name=name, values=inputs_of(draw, name))

    def probe(self, solution, name, values):
        return len(calls(solution.backward_graph(solution.trace(FUNCTIONS[name], *values))))
