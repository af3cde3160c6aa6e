"""Hidden checks of floor 1 of modules/own-nn-library: modules/module-from-scratch in short, then counting and saving."""

import builtins
import io
import pickle

import torch
from torch import nn

from leveling.checks import Check, Draw, case, expect, gradients, raised, shares_memory


def affine(solution, i, o, start=0.0):
    """A linear layer on the solution's Module: weight (o, i), bias (o,)."""

    class Affine(solution.Module):
        def __init__(self):
            super().__init__()
            self.weight = solution.Parameter(torch.sin(torch.arange(1.0, i * o + 1) + start).reshape(o, i))
            self.bias = solution.Parameter(torch.cos(torch.arange(1.0, o + 1) + start))

        def forward(self, x):
            return x @ self.weight.data.T + self.bias.data

    return Affine()


def house(solution):
    """A small tree: parameters free, frozen and shared, buffers of both kinds, a child and a grandchild."""
    top, body, leaf = solution.Module(), solution.Module(), solution.Module()
    top.gain = solution.Parameter(torch.tensor([1.0, 2.0]))
    top.register_buffer("mean", torch.tensor([3.0, 4.0]))
    top.body = body
    body.weight = solution.Parameter(torch.tensor([[5.0, 6.0, 6.5]]))
    body.register_buffer("cache", torch.tensor([7.0]), persistent=False)
    body.leaf = leaf
    leaf.scale = solution.Parameter(torch.tensor([8.0]), requires_grad=False)
    leaf.register_buffer("count", torch.tensor([9, 10]))
    leaf.tied = top.gain
    return top


def held(module):
    """All that a module lists, by name."""
    return {
        "named_parameters()": [name for name, _ in module.named_parameters()],
        "named_buffers()": [name for name, _ in module.named_buffers()],
        "named_modules()": [name for name, _ in module.named_modules()],
        "state_dict()": list(module.state_dict()),
    }


def emptied(module):
    """The same module with zeros in its state."""
    for value in module.state_dict().values():
        value.zero_()
    return module


class Plain:
    """Results are names, flags and small numbers: no float64 twin, no other layouts."""

    truth = False
    battery = False


class AssigningRegisters(Plain, Check):
    """What is assigned is listed under its name and comes back as the same object; modules share no registry."""

    calls = "module.weight = Parameter(...), module.child = Module(), module.register_buffer(...)"

    def probe(self, solution):
        module, child, other = solution.Module(), solution.Module(), solution.Module()
        weight = solution.Parameter(torch.ones(2))
        module.weight, module.child, module.number = weight, child, 7
        module.register_buffer("mean", torch.zeros(2))
        return {
            **held(module),
            "parameters() gives the weight": [value is weight for value in module.parameters()],
            "module.weight is the weight": module.weight is weight,
            "module.child is the child": module.child is child,
            "module.mean": module.mean,
            "module.number": module.number,
            "training": module.training,
            "another module": held(other),
            "an unknown name": raised(getattr, solution.Module.__new__(solution.Module), "unknown")["raised"],
        }


def grown(kinds, tree):
    """A tree of modules: `kinds` makes parameters and modules, so that ours and torch's grow alike."""
    module = kinds.Module()
    for name, kind, below in tree:
        if kind == "parameter":
            setattr(module, name, kinds.Parameter(torch.zeros(2)))
        elif kind == "buffer":
            module.register_buffer(name, torch.zeros(2), persistent=below)
        elif kind == "same":
            setattr(module, name, getattr(module, below))
        else:
            setattr(module, name, kinds.Sequential(*[grown(kinds, branch) for branch in below]))
    return module


def drawn_tree(draw: Draw, depth):
    """Names, kinds and what is below, in the order of assignment; some objects get a second name."""
    first = (("parameter", None), ("buffer", True), ("buffer", False))
    found = {f"p_{draw.word(3, 5)}": draw.choice(first) for _ in range(draw.integer(1, 3))}
    if depth:
        branches = [drawn_tree(draw, depth - 1) for _ in range(draw.integer(1, 2))]
        found |= {f"s_{draw.word(3, 5)}": ("sequential", branches), "last": ("parameter", None)}
    shared = [name for name, (kind, _) in found.items() if kind != "buffer"]
    if shared:
        found["alias"] = ("same", draw.choice(shared))
    return [[name, kind, below] for name, (kind, below) in found.items()]


class NamesLikeTorch(Plain, Check):
    """Names, order and sharing are those of torch.nn.Module on four random trees of modules."""

    calls = "named_parameters(), named_buffers(), named_modules(), state_dict() of a tree"
    compare = False

    def cases(self, draw: Draw):
        for number in range(4):
            yield case(f"tree {number + 1}", tree=drawn_tree(draw, 2))

    def probe(self, solution, tree):
        return {"ours": held(grown(solution, tree)), "torch": held(grown(nn, tree))}

    def verify(self, case, got, want):
        for call, wanted in got["torch"].items():
            found = got["ours"][call]
            expect(found == wanted, f"{call} lists {found}; torch's lists {wanted}")


class LastAssignmentCounts(Plain, Check):
    """The last thing assigned to a name is what it means; None is unlisted; a tensor over a buffer becomes the buffer."""

    calls = "module.part = one thing, then module.part = another"

    def probe(self, solution):
        def made(kind):
            return {
                "a number": lambda: 7,
                "a Parameter": lambda: solution.Parameter(torch.ones(2)),
                "a Module": lambda: solution.Sequential(affine(solution, 2, 2)),
            }[kind]()

        found = {}
        for before, after in (
            ("a number", "a Module"),
            ("a number", "a Parameter"),
            ("a Parameter", "a Module"),
            ("a Module", "a Parameter"),
            ("a Module", "a Module"),
        ):
            module, value = solution.Module(), made(after)
            module.part = made(before)
            module.part = value
            found[f"{after} over {before}"] = {**held(module), "module.part is the last": module.part is value}
        module = house(solution)
        module.gain, module.mean = None, torch.ones(2)
        return {**found, "None over a Parameter": {**held(module), "gain": module.gain, "mean": module.mean}}


class ForwardAndBackward(Check):
    """A Sequential of two layers computes, three levels of subclasses included, and gradients land in the parameters."""

    calls = "Sequential(layer, layer)(x), then backward"
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 3, requires_grad=True))

    def probe(self, solution, x):
        class Scaled(solution.Sequential):
            def __init__(self, *modules, factor):
                super().__init__(*modules)
                self.factor = solution.Parameter(torch.tensor(factor))

            def forward(self, x):
                return super().forward(x) * self.factor.data

        net = Scaled(affine(solution, 3, 5), affine(solution, 5, 2, start=0.5), factor=3.0).to(x.dtype)
        output = net(x)
        found = gradients(output, keep=True, x=x)
        output.sum().backward()
        return {"output": output, **found, "parameters": [value.grad for value in net.parameters()], **held(net)}


class TrainAndEval(Plain, Check):
    """train(mode) and eval() reach all parts below and return the module."""

    calls = "module.train(False), module.body.train(), module.eval()"

    def probe(self, solution):
        module = house(solution)

        def modes():
            return [part.training for _, part in module.named_modules()]

        found = {"returns itself": module.train(False) is module, "train(False)": modes()}
        module.body.train()
        found["body.train()"] = modes()
        found["eval() returns itself"] = module.eval() is module
        return {**found, "eval()": modes()}


class ToKeepsObjects(Plain, Check):
    """to(float64) converts what is floating point and keeps Parameter objects, sharing, frozen flags and integers."""

    calls = "module.to(torch.float64)"

    def probe(self, solution):
        module = house(solution)
        before = list(module.parameters())
        result = module.to(torch.float64)
        return {
            "returns itself": result is module,
            "dtypes": {name: str(value.dtype) for name, value in module.state_dict().items()},
            "temporary buffer": str(module.body.cache.dtype),
            "values": module.state_dict(),
            "the same Parameter objects": [any(now is old for old in before) for now in module.parameters()],
            "shared": module.body.leaf.tied is module.gain,
            "requires grad": [value.data.requires_grad for value in module.parameters()],
            "leaves": [value.data.is_leaf for value in module.parameters()],
        }


class StateIsTheModulesOwn(Plain, Check):
    """state_dict holds detached tensors in the module's own memory, and load_state_dict copies into the same tensors."""

    calls = "module.state_dict(), module.load_state_dict(state)"

    def probe(self, solution):
        module = house(solution)
        state = module.state_dict()
        gain = module.gain.data
        new = {name: torch.full_like(value, 20 + index) for index, (name, value) in enumerate(state.items())}
        new["body.leaf.tied"] = new["gain"]
        result = module.load_state_dict(new)
        return {
            "requires grad": [value.requires_grad for value in state.values()],
            "shares memory": shares_memory(state["body.weight"], module.body.weight.data),
            "the same tensor": module.gain.data is gain,
            "still a leaf that requires grad": gain.is_leaf and gain.requires_grad,
            "returns": [list(part) for part in result],
            "values": state,
        }


class LoadReportsAllFaults(Plain, Check):
    """One RuntimeError names every missing and unexpected key and every wrong shape; nothing is copied then."""

    calls = "module.load_state_dict(state that does not fit)"
    compare = False

    def probe(self, solution):
        module = house(solution)
        before = {name: value.clone() for name, value in module.state_dict().items()}
        state = {name: value + 1 for name, value in before.items()}
        del state["body.leaf.count"]
        state["body.weight"] = torch.zeros(1, 1)
        state["stray"] = torch.zeros(2)
        found = raised(module.load_state_dict, state)
        after = module.state_dict()
        return {**found, "changed": [name for name, value in before.items() if not value.equal(after[name])]}

    def verify(self, case, got, want):
        expect(got["raised"] == "RuntimeError", f"loading raised {got['raised']}, expected RuntimeError")
        left_out = [key for key in ("body.leaf.count", "body.weight", "stray") if key not in got["message"]]
        expect(not left_out, f"the error does not name {', '.join(left_out)}; it says {got['message']!r}")
        expect(not got["changed"], f"the load failed, and yet {', '.join(got['changed'])} has new values")


class CountsWhatIsTrained(Plain, Check):
    """count gives the numbers in trainable parameters: shared ones once, frozen ones and buffers not."""

    calls = "count(module)"

    def probe(self, solution):
        deep = solution.Sequential(affine(solution, 3, 5), solution.Sequential(affine(solution, 5, 2)))
        return {
            "a tree with a frozen and a shared parameter": solution.count(house(solution)),
            "a network 3 - 5 - 2": solution.count(deep),
            "an empty module": solution.count(solution.Module()),
        }


class BytesInAFreshProcess(Plain, Check):
    """to_bytes in one process, from_bytes into a new module in another: every entry of the state has the same bits."""

    calls = "to_bytes(module); in another process from_bytes(new, data)"

    def conduct(self, side):
        data = side.call("probe_save")
        side.restart()
        return side.call("probe_load", data=data)

    def probe_save(self, solution):
        module = house(solution)
        data = solution.to_bytes(module)
        emptied(module)  # what happens later is not in the bytes
        return data

    def probe_load(self, solution, data):
        module = emptied(house(solution))
        gain = module.gain.data
        result = solution.from_bytes(module, data)
        return {
            "returns the module": result is module,
            "state": {name: value.clone() for name, value in module.state_dict().items()},
            "the same tensor as before": module.gain.data is gain,
            "shared": module.body.leaf.tied is module.gain,
        }


class BytesThatDoNotFit(Plain, Check):
    """Bytes of another network raise RuntimeError and change nothing."""

    calls = "from_bytes(module, to_bytes(another))"

    def probe(self, solution):
        module, other = affine(solution, 2, 3), affine(solution, 2, 3, start=1.0)
        other.extra = solution.Parameter(torch.ones(1))
        less = affine(solution, 2, 3, start=1.0)
        less.bias = None
        return {
            "one name too many": raised(solution.from_bytes, module, solution.to_bytes(other))["raised"],
            "one name too few": raised(solution.from_bytes, module, solution.to_bytes(less))["raised"],
            "state": module.state_dict(),
        }


class BytesHoldNoMore(Plain, Check):
    """A parameter that is one row of a large table costs its own numbers, not the table's."""

    calls = "len(to_bytes(module)) for Parameter(table[5]), table of 1,000 x 100"
    compare = False

    def probe(self, solution):
        module = solution.Module()
        module.row = solution.Parameter(torch.ones(1000, 100)[5])
        return len(solution.to_bytes(module))

    def verify(self, case, got, want):
        expect(got <= 8000, f"{got:,} bytes for 100 numbers of 4 bytes, at most 8,000 expected")


class Planted:
    """Unpickled as it stands, it leaves a mark in the process."""

    def __reduce__(self):
        return exec, ("import builtins; builtins.mark_of_the_planted = True",)


class BytesRunNoCode(Plain, Check):
    """Bytes that would run code when they are unpickled are refused, and the code does not run."""

    calls = "from_bytes(module, bytes with a planted call)"
    compare = False

    def probe(self, solution):
        file = io.BytesIO()
        torch.save({"weight": Planted()}, file)
        for data in (file.getvalue(), pickle.dumps({"weight": Planted()}, protocol=2)):
            raised(solution.from_bytes, affine(solution, 2, 2), data)
        return hasattr(builtins, "mark_of_the_planted")

    def verify(self, case, got, want):
        expect(not got, "the code that was planted in the bytes has run")
