"""Hidden checks of modules/module-from-scratch."""

import copy

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
    """A small tree: a parameter, buffers of both kinds, a child, and a grandchild with an integer buffer."""
    top, body, leaf = solution.Module(), solution.Module(), solution.Module()
    top.gain = solution.Parameter(torch.tensor([1.0, 2.0]))
    top.register_buffer("mean", torch.tensor([3.0, 4.0]))
    top.body = body
    body.weight = solution.Parameter(torch.tensor([[5.0, 6.0]]))
    body.register_buffer("cache", torch.tensor([7.0]), persistent=False)
    body.leaf = leaf
    leaf.scale = solution.Parameter(torch.tensor([8.0]), requires_grad=False)
    leaf.register_buffer("count", torch.tensor([9, 10]))
    leaf.register_buffer("nothing", None)
    return top


def names(pairs):
    """The names of (name, object) pairs."""
    return [name for name, _ in pairs]


def held(module):
    """All that a module lists, by name."""
    return {
        "named_parameters()": names(module.named_parameters()),
        "named_buffers()": names(module.named_buffers()),
        "named_modules()": names(module.named_modules()),
        "state_dict()": list(module.state_dict()),
    }


class Plain:
    """Results are names and flags: no float64 twin, no other layouts."""

    truth = False
    battery = False


class MissingAttributes(Plain, Check):
    """A name that nobody gave raises AttributeError with the name in it, also on an object without __init__."""

    calls = "module.unknown"
    compare = False

    def probe(self, solution):
        blank = solution.Module.__new__(solution.Module)
        return {
            "an ordinary module": raised(getattr, solution.Module(), "unknown"),
            "a module whose __init__ has not run": raised(getattr, blank, "unknown"),
        }

    def verify(self, case, got, want):
        for what, found in got.items():
            expect(
                found["raised"] == "AttributeError",
                f"{what}: .unknown raised {found['raised']}, expected AttributeError",
            )
            expect("unknown" in found["message"], f"{what}: the error says {found['message']!r}, without the name")


class ObjectsAreIndependent(Plain, Check):
    """Two modules share no registry: what one is given, the other has not."""

    calls = "first.weight = Parameter(...), first.register_buffer('mean', ...); then second"

    def probe(self, solution):
        first, second = solution.Module(), solution.Module()
        first.weight = solution.Parameter(torch.ones(2))
        first.register_buffer("mean", torch.ones(1))
        return {
            "the second has weight": hasattr(second, "weight"),
            "the second has mean": hasattr(second, "mean"),
            "its named_parameters()": names(second.named_parameters()),
            "its named_buffers()": names(second.named_buffers()),
        }


class AssigningRegisters(Plain, Check):
    """Parameters, modules and buffers are listed under the names they were given, and come back as the same objects."""

    calls = "module.weight = Parameter(...), module.child = Module(), module.register_buffer(...)"

    def probe(self, solution):
        module, child = solution.Module(), solution.Module()
        weight = solution.Parameter(torch.ones(2))
        module.weight, module.child, module.number = weight, child, 7
        module.register_buffer("mean", torch.zeros(2))
        return {
            **held(module),
            "parameters() gives the weight": [value is weight for value in module.parameters()],
            "children() gives the child": [value is child for value in module.children()],
            "module.weight is the weight": module.weight is weight,
            "module.child is the child": module.child is child,
            "module.mean": module.mean,
            "module.number": module.number,
            "training": module.training,
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
            parts = [grown(kinds, branch) for branch in below]
            made = kinds.Sequential(*parts) if kind == "sequential" else kinds.ModuleList(parts)
            setattr(module, name, made)
    return module


def drawn_tree(draw: Draw, depth):
    """Names, kinds and what is below, in the order of assignment; some objects get a second name."""
    found = [[f"p_{draw.word(3, 5)}", "sequential" if depth else "parameter", []] for _ in range(draw.integer(2, 4))]
    for entry in found:
        if entry[1] == "sequential" and draw.random.random() < 0.6:
            entry[1] = draw.choice(("sequential", "list"))
            entry[2] = [drawn_tree(draw, depth - 1) for _ in range(draw.integer(1, 2))]
        else:
            entry[1], entry[2] = draw.choice((("parameter", None), ("buffer", True), ("buffer", False)))
    kept = {entry[0]: entry for entry in found}
    given = [name for name, entry in kept.items() if entry[1] != "buffer"]
    if given:
        kept["alias"] = ["alias", "same", draw.choice(given)]
    again = [entry for entry in kept.values() if entry[1] == "parameter"][:1]
    return [*kept.values(), *again]  # a parameter that is assigned once more keeps its place


class NamesLikeTorch(Plain, Check):
    """Names, order and sharing are those of torch.nn.Module on six random trees of modules."""

    calls = "named_parameters(), named_buffers(), named_modules(), state_dict() of a tree"
    compare = False

    def cases(self, draw: Draw):
        for number in range(6):
            yield case(f"tree {number + 1}", tree=drawn_tree(draw, 2))

    def probe(self, solution, tree):
        return {"ours": held(grown(solution, tree)), "torch": held(grown(nn, tree))}

    def verify(self, case, got, want):
        for call, wanted in got["torch"].items():
            found = got["ours"][call]
            expect(found == wanted, f"{call} lists {found}; torch's lists {wanted}")


class ParameterIsALeaf(Plain, Check):
    """Parameter(data).data is a leaf with data's values that requires grad unless told otherwise; grad is its gradient."""

    calls = "Parameter(data, requires_grad)"

    def probe(self, solution):
        source = torch.tensor([1.0, 2.0], requires_grad=True)
        made = solution.Parameter(source * 3)
        before = made.grad
        (made.data * torch.tensor([5.0, 7.0])).sum().backward()
        return {
            "leaf": made.data.is_leaf,
            "requires grad": made.data.requires_grad,
            "grad before": before,
            "grad": made.grad,
            "values": made.data.detach().clone(),
            "the tensor it came from gets a gradient": source.grad is not None,
            "frozen": solution.Parameter(torch.ones(2), requires_grad=False).data.requires_grad,
        }


class ForwardAndBackward(Check):
    """A network of two layers computes, and gradients land in its parameters."""

    calls = "Sequential(layer, layer)(x), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 3, requires_grad=True))

    def probe(self, solution, x):
        net = solution.Sequential(affine(solution, 3, 5), affine(solution, 5, 2, start=0.5)).to(x.dtype)
        output = net(x)
        found = gradients(output, keep=True, x=x)
        output.sum().backward()
        return {"output": output, **found, "parameters": [value.grad for value in net.parameters()]}


class BuffersAreReplaced(Plain, Check):
    """A tensor assigned over a buffer becomes the buffer, as persistent as before; one over nothing is a plain attribute."""

    calls = "module.register_buffer(name, tensor, persistent); module.name = another tensor"

    def probe(self, solution):
        module = solution.Module()
        module.register_buffer("saved", torch.zeros(2))
        module.register_buffer("temporary", torch.zeros(2), persistent=False)
        module.saved, module.temporary, module.plain = torch.ones(2), torch.full((2,), 2.0), torch.ones(2)
        return {
            **held(module),
            "buffers": [value.clone() for _, value in module.named_buffers()],
            "saved": module.saved,
            "temporary": module.temporary,
        }


class NoneAndDel(Plain, Check):
    """None over a registered name leaves None there and lists nothing; del takes the attribute away."""

    calls = "module.name = None; del module.name"

    def probe(self, solution):
        module = house(solution)
        module.gain, module.mean = None, None
        after = {**held(module), "gain": module.gain, "mean": module.mean}
        module.gain = solution.Parameter(torch.zeros(3))
        module.mean = torch.zeros(3)
        again = {**held(module), "gain": tuple(module.gain.data.shape)}
        del module.gain
        del module.mean
        module.body.leaf = None
        gone = {
            **held(module),
            "children of body": len(list(module.body.children())),
            "gain": hasattr(module, "gain"),
            "mean": hasattr(module, "mean"),
        }
        module.plain = 3
        del module.plain, module.body
        return {
            "after None": after,
            "registered again": again,
            "after del": gone,
            "in the end": held(module),
            "plain": hasattr(module, "plain"),
            "del of an unknown name": raised(module.__delattr__, "unknown")["raised"],
        }


class OneNameOneObject(Plain, Check):
    """The last thing assigned to a name is what the name means, and nothing else is listed under it."""

    calls = "module.part = one thing, then module.part = another"

    def probe(self, solution):
        def made(kind):
            return {
                "a plain attribute": lambda: 7,
                "a Parameter": lambda: solution.Parameter(torch.ones(2)),
                "a Module": lambda: solution.Sequential(affine(solution, 2, 2)),
            }[kind]()

        found = {}
        for before, after in (
            ("a Module", "a Module"),
            ("a plain attribute", "a Module"),
            ("a plain attribute", "a Parameter"),
            ("a Parameter", "a Parameter"),
            ("a Parameter", "a Module"),
            ("a Module", "a Parameter"),
            ("a buffer", "a Parameter"),
            ("a buffer", "a Module"),
        ):
            module, value = solution.Module(), made(after)
            if before == "a buffer":
                module.register_buffer("part", torch.zeros(2))
            else:
                module.part = made(before)
            module.part = value
            found[f"{after} over {before}"] = {**held(module), "module.part is the last": module.part is value}
        return found


class WrongKindsAreRefused(Plain, Check):
    """Anything else over a Parameter, a Module or a buffer raises TypeError and changes nothing."""

    calls = "module.gain = 3.0 where gain is a Parameter"

    def probe(self, solution):
        module = house(solution)
        return {
            "a number over a Parameter": raised(setattr, module, "gain", 3.0)["raised"],
            "a tensor over a Parameter": raised(setattr, module, "gain", torch.ones(2))["raised"],
            "a number over a Module": raised(setattr, module, "body", 3.0)["raised"],
            "a number over a buffer": raised(setattr, module, "mean", 3.0)["raised"],
            "afterwards": held(module),
        }


class BeforeInit(Plain, Check):
    """A Parameter or a Module assigned before super().__init__() raises AttributeError that names __init__."""

    calls = "a subclass whose __init__ assigns first and calls super().__init__() later"
    compare = False

    def probe(self, solution):
        def forgetful(value):
            class Forgetful(solution.Module):
                def __init__(self):
                    self.part = value
                    super().__init__()

            return Forgetful

        class Early(solution.Module):
            def __init__(self):
                self.width = 3
                super().__init__()

        return {
            "width": Early().width,
            "a Parameter": raised(forgetful(solution.Parameter(torch.ones(2)))),
            "a Module": raised(forgetful(solution.Module())),
        }

    def verify(self, case, got, want):
        expect(got["width"] == 3, f"a plain attribute assigned before __init__() is {got['width']!r} afterwards")
        for kind in ("a Parameter", "a Module"):
            found = got[kind]
            expect(
                found["raised"] == "AttributeError",
                f"assigning {kind} first raised {found['raised']}, expected AttributeError",
            )
            expect(
                "__init__" in found["message"],
                f"the error says {found['message']!r}; it should say that __init__() was not called",
            )


class Inheritance(Check):
    """Three levels of subclasses register what each assigns, and forward may call super().forward."""

    calls = "class C(B), class B(A), class A(Module)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 2))

    def probe(self, solution, x):
        class First(solution.Module):
            def __init__(self, dim):
                super().__init__()
                self.first = affine(solution, dim, dim)

            def forward(self, x):
                return self.first(x)

        class Second(First):
            def __init__(self, dim):
                super().__init__(dim)
                self.gain = solution.Parameter(torch.full((dim,), 3.0))

            def forward(self, x):
                return super().forward(x) * self.gain.data

        class Third(Second):
            def __init__(self, dim):
                super().__init__(dim)
                self.first = affine(solution, dim, dim, start=2.0)
                self.register_buffer("shift", torch.full((dim,), 5.0))

            def forward(self, x):
                return super().forward(x) + self.shift

        made = Third(2).to(x.dtype)
        return {"output": made(x), **held(made)}


class SharedOnce(Plain, Check):
    """A parameter or module in two places is listed once under its first name, and stays shared after to()."""

    calls = "top.second = top.first; top.head.weight = top.first.weight"

    def probe(self, solution):
        top = solution.Module()
        top.first = affine(solution, 2, 2)
        top.second = top.first
        top.head = affine(solution, 2, 2)
        top.head.weight = top.first.weight
        before = {**held(top), "children": len(list(top.children())), "parameters": len(list(top.parameters()))}
        top.to(torch.float64)
        return {**before, "shared after to()": top.head.weight is top.first.weight}


class StateDict(Plain, Check):
    """state_dict lists parameters and persistent buffers in order, detached, in the module's own memory."""

    calls = "module.state_dict()"

    def probe(self, solution):
        module = house(solution)
        state = module.state_dict()
        with torch.no_grad():
            state["gain"].mul_(10.0)
        return {
            "keys": list(state),
            "values": list(state.values()),
            "requires grad": [value.requires_grad for value in state.values()],
            "writing to it changes the parameter": module.gain.data.detach().clone(),
            "shares memory": [
                shares_memory(state["body.weight"], module.body.weight.data),
                shares_memory(state["mean"], module.mean),
                shares_memory(state["body.leaf.count"], module.body.leaf.count),
            ],
        }


def numbered(module, start):
    """A state dict for the module with other values, of its own memory."""
    made = {}
    for index, (name, value) in enumerate(module.state_dict().items()):
        made[name] = torch.full_like(value, start + index)
    return made


class LoadsInPlace(Plain, Check):
    """load_state_dict copies values into the same tensors, converting dtypes, and leaves the given dict alone."""

    calls = "module.load_state_dict(state)"

    def probe(self, solution):
        module = house(solution)
        weight, gain = module.body.weight, module.gain.data
        state = {name: value.double() for name, value in numbered(module, 20).items()}
        result = module.load_state_dict(state)
        return {
            "values": list(module.state_dict().values()),
            "returns": [list(part) for part in result],
            "the same Parameter": module.body.weight is weight,
            "the same tensor": module.gain.data is gain,
            "still a leaf that requires grad": module.gain.data.is_leaf and module.gain.data.requires_grad,
            "given dict": list(state),
        }


class LoadReportsAllFaults(Plain, Check):
    """One RuntimeError names every missing and unexpected key and every shape that does not fit; nothing is copied."""

    calls = "module.load_state_dict(state that does not fit)"
    compare = False

    def cases(self, draw: Draw):
        yield case("two missing, two unexpected, two shapes", missing=2, unexpected=2, shapes=2)
        yield case("the last key is missing", missing=1, unexpected=0, shapes=0)
        yield case("one unexpected key", missing=0, unexpected=1, shapes=0)
        yield case("the last shape does not fit", missing=0, unexpected=0, shapes=1)

    def probe(self, solution, missing, unexpected, shapes):
        module = house(solution)
        before = [value.clone() for value in module.state_dict().values()]
        state = numbered(module, 20)
        keys = list(state)
        named = keys[len(keys) - missing :]
        for key in named:
            del state[key]
        for key in keys[len(keys) - missing - shapes : len(keys) - missing]:
            state[key] = torch.zeros(7, 3)
            named.append(key)
        for key in ("stray.one", "other.stray")[:unexpected]:
            state[key] = torch.zeros(2)
            named.append(key)
        found = raised(module.load_state_dict, state)
        changed = [not now.equal(old) for now, old in zip(module.state_dict().values(), before, strict=True)]
        return {**found, "named": named, "changed": [key for key, other in zip(keys, changed, strict=True) if other]}

    def verify(self, case, got, want):
        expect(got["raised"] == "RuntimeError", f"loading raised {got['raised']}, expected RuntimeError")
        left_out = [key for key in got["named"] if key not in got["message"]]
        expect(not left_out, f"the error does not name {', '.join(left_out)}; it says {got['message']!r}")
        expect(not got["changed"], f"the load failed, and yet {', '.join(got['changed'])} has new values")


class LoadNotStrict(Plain, Check):
    """strict=False takes what fits and returns the missing and unexpected keys; a wrong shape still raises."""

    calls = "module.load_state_dict(state, strict=False)"

    def probe(self, solution):
        module = house(solution)
        state = numbered(module, 20)
        del state["mean"]
        state["stray"] = torch.zeros(1)
        result = module.load_state_dict(state, strict=False)
        wrong = raised(house(solution).load_state_dict, {"gain": torch.zeros(5)}, strict=False)
        return {
            "returns": [list(part) for part in result],
            "values": list(module.state_dict().values()),
            "a wrong shape": wrong["raised"],
            "one number over two": raised(house(solution).load_state_dict, {"gain": torch.zeros(1)}, strict=False)[
                "raised"
            ],
        }


class TrainAndEval(Plain, Check):
    """train(mode) and eval() reach all parts below and return the module; a part may differ from the whole."""

    calls = "module.train(False), module.body.train(), module.eval()"

    def probe(self, solution):
        module = house(solution)

        def modes():
            return [part.training for _, part in module.named_modules()]

        found = {"at the start": modes(), "returns itself": module.train(False) is module, "train(False)": modes()}
        module.body.train()
        found["body.train()"] = modes()
        found["eval() returns itself"] = module.eval() is module
        return {**found, "eval()": modes(), "train()": [part.training for _, part in module.train().named_modules()]}


class Apply(Plain, Check):
    """apply calls the function once for each part, children before parents, and returns the module."""

    calls = "module.apply(fn)"

    def probe(self, solution):
        module = house(solution)
        module.again = module.body.leaf
        module.other = affine(solution, 2, 2)
        known = {id(part): name for name, part in module.named_modules()}
        order = []
        result = module.apply(lambda part: order.append(known[id(part)]))
        return {"order": order, "returns itself": result is module}


class ToFloat64(Plain, Check):
    """to(float64) converts floating parameters and buffers and keeps Parameter objects, flags and integers."""

    calls = "module.to(torch.float64)"

    def probe(self, solution):
        module = house(solution)
        module.steps = solution.Parameter(torch.tensor([1, 2]), requires_grad=False)
        before = list(module.parameters())
        result = module.to(torch.float64)
        state = {**module.state_dict(), "body.cache": module.body.cache}
        return {
            "dtypes": {name: str(value.dtype) for name, value in state.items()},
            "values": list(state.values()),
            "the same Parameter objects": [now is old for now, old in zip(module.parameters(), before, strict=True)],
            "requires grad": [value.data.requires_grad for value in module.parameters()],
            "leaves": [value.data.is_leaf for value in module.parameters()],
            "returns itself": result is module,
            "buffers": names(module.named_buffers()),
        }


class HooksRun(Plain, Check):
    """Hooks run after forward in order of registration, get the arguments, and may replace the output."""

    calls = "module.register_forward_hook(hook); module(x)"

    def probe(self, solution):
        module, log = affine(solution, 2, 2), []

        def looks(part, args, output):
            log.append(["looks", part is module, len(args), args[0].clone(), output.clone()])

        def doubles(part, args, output):
            log.append(["doubles"])
            return output * 2

        def zero(part, args, output):
            log.append(["zero", output.clone()])
            return torch.zeros(1)

        module.register_forward_hook(looks)
        module.register_forward_hook(doubles)
        x = torch.tensor([[1.0, 2.0]])
        doubled = module(x)
        module.register_forward_hook(zero)
        return {"twice": doubled, "a result of 0 counts": module(x), "log": log}


class HooksAreRemoved(Plain, Check):
    """A handle removes its own hook, also from inside it while others wait; removing twice does no harm."""

    calls = "handle.remove() inside a hook"

    def probe(self, solution):
        module, log, handles = affine(solution, 2, 2), [], {}

        def once(part, args, output):
            log.append("once")
            handles["once"].remove()

        def always(part, args, output):
            log.append("always")

        handles["first"] = module.register_forward_hook(always)
        handles["once"] = module.register_forward_hook(once)
        handles["last"] = module.register_forward_hook(always)
        x = torch.ones(1, 2)
        module(x)
        module(x)
        handles["first"].remove()
        handles["once"].remove()
        handles["first"].remove()
        module(x)
        other = affine(solution, 2, 2)
        other(x)
        return log


class KeywordsReachForward(Plain, Check):
    """Calling a module passes all positional and keyword arguments to forward."""

    calls = "module(x, scale=3.0)"

    def probe(self, solution):
        class Scaled(solution.Module):
            def forward(self, x, y, *, scale=1.0):
                return (x + y) * scale

        return Scaled()(torch.ones(2), torch.ones(2), scale=3.0)


class Containers(Plain, Check):
    """ModuleList can be appended to, indexed and walked; Sequential calls its parts in order; both register children."""

    calls = "ModuleList([...]), Sequential(...)"

    def probe(self, solution):
        parts = [affine(solution, 2, 2, start=float(n)) for n in range(3)]
        listed = solution.ModuleList(parts[:2])
        listed.append(parts[2])
        chain = solution.Sequential(*parts)
        empty = solution.ModuleList()
        x = torch.tensor([[1.0, -1.0]])
        return {
            "len": [len(listed), len(empty)],
            "walk": [part is other for part, other in zip(listed, parts, strict=True)],
            "index": [listed[0] is parts[0], listed[-1] is parts[2]],
            "beyond": raised(lambda: listed[3])["raised"] != "nothing",
            "the list": names(listed.named_parameters()),
            "the chain": names(chain.named_parameters()),
            "chain(x)": chain(x),
            "by hand": parts[2](parts[1](parts[0](x))),
            "an empty chain": solution.Sequential()(x),
        }


class DeepCopies(Plain, Check):
    """copy.deepcopy gives a module with its own parameters, in which what was shared is shared."""

    calls = "copy.deepcopy(module)"

    def probe(self, solution):
        module = house(solution)
        module.body.leaf.tied = module.gain
        other = copy.deepcopy(module)
        with torch.no_grad():
            other.gain.data.add_(1.0)
        return {
            **held(other),
            "the original": module.gain.data.detach().clone(),
            "the copy": other.gain.data.detach().clone(),
            "tied": other.body.leaf.tied is other.gain,
        }
