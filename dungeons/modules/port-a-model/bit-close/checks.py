"""Hidden checks of modules/port-a-model/bit-close: archives with several faults, fresh inputs, gradients."""

import contextlib
import copy
import math
from itertools import permutations

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, raised


def layer(kind, name, **fields):
    return {"kind": kind, "name": name, **fields}


def dense(name, inputs, outputs, bias=True, **fields):
    return layer("dense", name, **{"in": inputs, "out": outputs, "bias": bias, **fields})


def conv(name, inputs, outputs, size=3, stride=1, padding="same_end", bias=False):
    fields = {"in": inputs, "out": outputs, "size": size, "stride": stride, "padding": padding, "bias": bias}
    return layer("conv", name, **fields)


def recurrent(kind, name, inputs, hidden, gates):
    return layer(kind, name, **{"in": inputs, "hidden": hidden, "gates": gates})


def norm(kind, name, dim, epsilon):
    return layer(kind, name, dim=dim, epsilon=epsilon)


def act(name, function):
    return layer("activation", name, function=function)


def block(name, body, shortcut=()):
    return layer("residual", name, body=list(body), shortcut=list(shortcut))


def paths(layers, prefix=""):
    for each in layers:
        for side in ("body", "shortcut"):
            yield from paths(each.get(side, []), f"{prefix}{each['name']}.{side}.")
        yield prefix + each["name"], each


def drawn(draw, each):
    """The original's own arrays for one layer: channels last, inputs first, heads apart."""
    kind = each["kind"]
    d, i, o, size = (each.get(field, 0) for field in ("dim", "in", "out", "size"))
    if kind == "embed":
        return {"table": draw.normal(each["vocab"], d, std=0.2)}
    if kind in ("dense", "conv"):
        wide = () if kind == "dense" else (size, size)
        kernel = {} if "tied" in each else {"kernel": draw.normal(*wide, i, o, std=(i * math.prod(wide)) ** -0.5)}
        return kernel | ({"bias": draw.normal(o, std=0.3)} if each["bias"] else {})
    if kind == "attention":
        n, k = each["heads"], d // each["heads"]
        made = {"out/kernel": draw.normal(n, k, d, std=d**-0.5), "out/bias": draw.normal(d, std=0.3)}
        for name in ("query", "key", "value"):
            made |= {f"{name}/kernel": draw.normal(d, n, k, std=d**-0.5), f"{name}/bias": draw.normal(n, k, std=0.3)}
        return made
    if kind in ("lstm", "gru"):
        h, wide = each["hidden"], each["hidden"] * len(each["gates"])
        made = {"kernel": draw.normal(i, wide, std=i**-0.5), "recurrent": draw.normal(h, wide, std=h**-0.5)}
        return made | {"bias": draw.normal(2, wide, std=0.5)}
    if kind == "layernorm":
        return {"scale": draw.uniform(d, low=0.7, high=1.3), "offset": draw.normal(d, std=0.3)}
    if kind == "batchnorm":
        made = {"scale": draw.uniform(d, low=0.02, high=0.04), "offset": draw.normal(d, std=0.3)}
        return made | {"mean": draw.normal(d, std=0.3), "variance": draw.uniform(d, low=0.0005, high=0.002)}
    return {}


def stored(arrays, layout):
    """One layer's arrays as the archive has them."""
    made = dict(arrays)
    if "query/kernel" in made and layout["attention"] == "interleaved":
        d = made["out/bias"].shape[0]
        three = [(made.pop(f"{name}/kernel"), made.pop(f"{name}/bias")) for name in ("query", "key", "value")]
        made["qkv/kernel"] = torch.stack([kernel for kernel, _ in three], 2).reshape(d, 3 * d)
        made["qkv/bias"] = torch.stack([bias for _, bias in three], 1).reshape(3 * d)
        made["out/kernel"] = made["out/kernel"].reshape(d, d)
    if "kernel" in made and "recurrent" not in made:
        kernel = made["kernel"]
        if kernel.ndim == 2 and layout["dense"] == "oi":
            made["kernel"] = kernel.t().contiguous()
        if kernel.ndim == 4 and layout["conv"] == "oihw":
            made["kernel"] = kernel.permute(3, 2, 0, 1).contiguous()
    return made


def padded(x, each):
    size, stride, rule = each["size"], each["stride"], each["padding"]
    for axis in (1, 2):
        n = x.shape[axis]
        total = max((math.ceil(n / stride) - 1) * stride + size - n, 0)
        less, more = total // 2, total - total // 2
        half = size // 2
        before, behind = {
            "valid": (0, 0), "symmetric": (half, half), "same_end": (less, more), "same_start": (more, less),
        }[rule]  # fmt: skip
        shape = list(x.shape)
        zeros = [x.new_zeros([*shape[:axis], count, *shape[axis + 1 :]]) for count in (before, behind)]
        x = torch.cat([zeros[0], x, zeros[1]], axis)
    return x


def convolved(each, w, x):
    size, stride = each["size"], each["stride"]
    windows = padded(x, each).unfold(1, size, stride).unfold(2, size, stride)
    return torch.einsum("bhwcij,ijco->bhwo", windows, w["kernel"]) + w.get("bias", 0)


def normalised(each, w, x):
    if each["kind"] == "batchnorm":
        mean, variance = w["mean"], w["variance"]
    else:
        mean, variance = x.mean(-1, keepdim=True), x.var(-1, correction=0, keepdim=True)
    return (x - mean) / (variance + each["epsilon"]).sqrt() * w["scale"] + w["offset"]


def activated(each, w, x):
    cubic = 0.7978845608028654 * (x + 0.044715 * x**3)
    return {
        "relu": x.clamp(min=0),
        "gelu": x * (1 + torch.erf(x / 2**0.5)) / 2,
        "gelu_tanh": x * (1 + cubic.tanh()) / 2,
        "silu": x / (1 + (-x).exp()),
    }[each["function"]]


def attended(each, w, x):
    q, k, v = (
        torch.einsum("btd,dnk->bntk", x, w[f"{name}/kernel"]) + w[f"{name}/bias"][:, None]
        for name in ("query", "key", "value")
    )
    scores = torch.einsum("bntk,bnsk->bnts", q, k) / q.shape[-1] ** 0.5
    if each["causal"]:
        steps = torch.arange(x.shape[1])
        scores = scores.masked_fill(steps[None] > steps[:, None], -math.inf)
    return torch.einsum("bnts,bnsk,nkd->btd", scores.softmax(-1), v, w["out/kernel"]) + w["out/bias"]


def rolled(each, w, x):
    hidden, names = each["hidden"], each["gates"]
    state, memory = (x.new_zeros(x.shape[0], hidden) for _ in range(2))
    outputs = []
    for step in range(x.shape[1]):
        ours = dict(zip(names, (x[:, step] @ w["kernel"] + w["bias"][0]).split(hidden, -1), strict=True))
        theirs = dict(zip(names, (state @ w["recurrent"] + w["bias"][1]).split(hidden, -1), strict=True))
        if each["kind"] == "lstm":
            i, f, o = (torch.sigmoid(ours[name] + theirs[name]) for name in "ifo")
            memory = f * memory + i * torch.tanh(ours["g"] + theirs["g"])
            state = o * torch.tanh(memory)
        else:
            r, z = (torch.sigmoid(ours[name] + theirs[name]) for name in "rz")
            state = (1 - z) * torch.tanh(ours["n"] + r * theirs["n"]) + z * state
        outputs.append(state)
    return torch.stack(outputs, 1)


RUNS = {
    "embed": lambda each, w, x: w["table"][x],
    "dense": lambda each, w, x: x @ w["kernel"] + w.get("bias", 0),
    "conv": convolved,
    "batchnorm": normalised,
    "layernorm": normalised,
    "activation": activated,
    "attention": attended,
    "lstm": rolled,
    "gru": rolled,
    "pool": lambda each, w, x: x.mean((1, 2) if x.ndim == 4 else 1),
    "flatten": lambda each, w, x: x.flatten(1),
}


def original(layers, weights, x, record, prefix=""):
    """The hidden network: every layer's output goes into `record`, by path, channels last."""
    for each in layers:
        path = prefix + each["name"]
        if each["kind"] == "residual":
            body = original(each["body"], weights, x, record, f"{path}.body.")
            x = body + original(each["shortcut"], weights, x, record, f"{path}.shortcut.")
        else:
            own = weights[path]
            if "tied" in each:
                own = own | {"kernel": weights[each["tied"]]["table"].t()}
            x = RUNS[each["kind"]](each, own, x)
        record[path] = x
    return x


def double(nest):
    if isinstance(nest, dict):
        return {key: double(value) for key, value in nest.items()}
    return nest.double() if nest.is_floating_point() else nest


def changed(layers, place, **fields):
    layers = copy.deepcopy(layers)
    dict(paths(layers))[place].update(fields)
    return layers


def images():
    body = [
        conv("conv1", 4, 6, 3, 2),
        norm("batchnorm", "norm", 6, 1e-3),
        act("act", "relu"),
        conv("conv2", 6, 6, 4, 1),
    ]
    stem = [conv("stem", 3, 4, 3, 2, "same_end", True), norm("batchnorm", "norm", 4, 1e-5), act("act", "silu")]
    return [
        *stem,
        block("block", body, [conv("conv", 4, 6, 1, 2, "valid")]),
        layer("flatten", "flat"),
        dense("head", 24, 5),
    ]


def words():
    mix = [norm("layernorm", "norm", 6, 1e-3), layer("attention", "heads", dim=6, heads=2, causal=True)]
    feed = [norm("layernorm", "norm", 6, 1e-2), dense("up", 6, 24), act("act", "gelu_tanh"), dense("down", 24, 6)]
    table, head = layer("embed", "tokens", vocab=11, dim=6), dense("head", 6, 11, tied="tokens")
    return [table, block("mix", mix), block("feed", feed), norm("layernorm", "norm", 6, 1e-3), head]


def signals(first="znr", second="gofi"):
    cells = [recurrent("gru", "first", 3, 5, first), recurrent("lstm", "second", 5, 4, second)]
    return [*cells, act("act", "silu"), layer("pool", "pool"), dense("head", 4, 2)]


def given(draw, kind, batch=3):
    """An input of the kind of network."""
    if kind == "words":
        return draw.integers(0, 11, batch, 7)
    return draw.normal(batch, 8, 8, 3) if kind == "images" else draw.normal(batch, 6, 3, std=1.5)


NETWORKS = {"images": images, "words": words, "signals": signals}
FOREIGN = {"conv": "hwio", "dense": "io", "attention": "split"}
OTHER = {"conv": "oihw", "dense": "oi", "attention": "interleaved"}
CANDIDATES = {
    "epsilon": (1e-2, 1e-3, 1e-5, 1e-6, 1e-12),
    "function": ("relu", "gelu", "gelu_tanh", "silu"),
    "padding": ("valid", "symmetric", "same_end", "same_start"),
    "causal": (False, True),
}
FAULTS = {  # what each network's description says instead of the truth
    "images": {
        "stem": {"padding": "symmetric"},
        "norm": {"epsilon": 1e-3},
        "act": {"function": "gelu"},
        "block.body.conv2": {"padding": "valid"},
    },
    "words": {
        "mix.body.norm": {"epsilon": 1e-6},
        "mix.body.heads": {"causal": False},
        "feed.body.act": {"function": "gelu"},
    },
    "signals": {"first": {"gates": "rzn"}, "second": {"gates": "ifgo"}, "act": {"function": "relu"}},
}


def shuffled(draw, letters):
    """An order of gates that is not torch's, and not the described one."""
    while True:
        order = "".join(draw.shuffled(list(letters)))
        if order != letters:
            return order


def truthful(draw, kind):
    """The true description; gates in an order drawn anew."""
    return signals(shuffled(draw, "rzn"), shuffled(draw, "ifgo")) if kind == "signals" else NETWORKS[kind]()


def observed(layers, weights, x, cotangent, kind):
    """Recordings of the original in float64: layers, and the gradient by the input or by the table of tokens."""
    weights, record, x = double(weights), {}, double(x)
    source = weights["tokens"]["table"] if kind == "words" else x
    source.requires_grad_()
    out = original(layers, weights, x, record)
    (gradient,) = torch.autograd.grad(out, source, cotangent.double())
    made = {
        "x": x.detach().float() if kind != "words" else x,
        "layers": {path: each.detach().float() for path, each in record.items()},
    }
    of = "tokens.weight" if kind == "words" else "x"
    return made | {"of": of, "cotangent": cotangent, "gradient": gradient.float()}


def outputs_of(kind):
    return {"images": 5, "signals": 2}.get(kind, 11)


def cotangents(draw, kind, batch=3):
    return draw.normal(batch, 7, 11) if kind == "words" else draw.normal(batch, outputs_of(kind))


def off(recorded, by):
    """A recording that a faithful network would miss by that deviation."""
    altered = recorded.contiguous().clone()
    altered.view(-1)[0] += by * recorded.abs().max().clamp(min=1)
    return altered


def steady(draw, layers, weights, kind, batch=3):
    """An input on which no relu stands within rounding of its kink, where a gradient would be a matter of luck."""
    for _ in range(50):
        x = given(draw, kind, batch)
        record = {}
        original(layers, double(weights), double(x), record)
        names = list(record)
        before = [
            record[names[names.index(path) - 1]] for path, each in paths(layers) if each.get("function") == "relu"
        ]
        if all(value.abs().min() > 2e-6 for value in before):
            return x
    raise RuntimeError("every input drawn has a relu at its kink")


def whole(draw, kind, layout=FOREIGN, dtype=torch.float32):
    """A truthful archive, with the original's weights beside it."""
    layers = truthful(draw, kind)
    arrays = {
        path: {name: value.to(dtype) for name, value in drawn(draw, each).items()} for path, each in paths(layers)
    }
    tensors = {
        f"{path.replace('.', '/')}/{name}": value
        for path, own in arrays.items()
        for name, value in stored(own, layout).items()
    }
    recordings = observed(layers, arrays, steady(draw, layers, arrays, kind), cotangents(draw, kind), kind)
    return {"layers": layers, "layout": layout, "tensors": tensors, "recordings": recordings}, arrays


def shows(archive, weights, place, lie):
    """Whether every other value of a lie's field would stand far from the recording."""
    ((field, _),) = lie.items()
    truth = dict(paths(archive["layers"]))[place][field]
    values = CANDIDATES.get(field) or ["".join(order) for order in permutations(truth)]
    others = [changed(archive["layers"], place, **{field: value}) for value in values if value != truth]
    return all(error(archive, layers, weights, place) > 1e-4 for layers in others)


def error(archive, layers, weights, place):
    record = {}
    with contextlib.suppress(RuntimeError):  # a wrong shape stops it somewhere
        original(layers, double(weights), double(archive["recordings"]["x"]), record)
    want = archive["recordings"]["layers"][place]
    if place not in record or record[place].shape != want.shape:
        return math.inf
    return ((record[place] - want).abs().max() / want.abs().max().clamp(min=1)).item()


def unreliable(draw, kind, layout=FOREIGN, dtype=torch.float32):
    """(archive with a description full of faults, the true layers, the original's weights)."""
    for _ in range(30):
        archive, weights = whole(draw, kind, layout, dtype)
        if all(shows(archive, weights, place, lie) for place, lie in FAULTS[kind].items()):
            layers = archive["layers"]
            for place, lie in FAULTS[kind].items():
                layers = changed(layers, place, **lie)
            return archive | {"layers": layers}, archive["layers"], weights
    raise RuntimeError(f"no archive of {kind} was found in which all faults show")


def torchs(layers):
    """The description as it has to come out: the truth, with gates in torch's order."""
    for path, each in paths(layers):
        if "gates" in each:
            layers = changed(layers, path, gates={"lstm": "ifgo", "gru": "rzn"}[each["kind"]])
    return layers


ARCHIVES = (("images", FOREIGN, torch.float16), ("words", OTHER, torch.float32), ("signals", FOREIGN, torch.float32))


class VerifyMeasures(Check):
    """verify gives the deviation of the output and of the gradient, each by itself."""

    calls = "verify(load(archive), recordings)"
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for kind, layout, dtype in ARCHIVES:
            archive, _ = whole(draw, kind, layout, dtype)
            right = archive["recordings"]
            last = list(right["layers"])[-1]
            yield case(f"{kind}, as recorded", archive=archive, recordings=right, output=0.0, gradient=0.0)
            wrong = right["layers"][last].clone()
            wrong[0, ..., 0] += 3.0
            by = ((wrong - right["layers"][last]).abs().max() / wrong.abs().max().clamp(min=1)).item()
            altered = right | {"layers": right["layers"] | {last: wrong}}
            yield case(f"{kind}, another output", archive=archive, recordings=altered, output=by, gradient=0.0)
            wrong = right["gradient"].contiguous() * 1.0
            wrong.view(-1)[1] += 5.0
            by = ((wrong - right["gradient"]).abs().max() / wrong.abs().max().clamp(min=1)).item()
            yield case(
                f"{kind}, another gradient",
                archive=archive,
                recordings=right | {"gradient": wrong},
                output=0.0,
                gradient=by,
            )

    def probe(self, solution, archive, recordings, output, gradient):
        from map_tensors import load

        network = load(archive)
        found = solution.verify(network, recordings)
        again = solution.verify(network, recordings)
        kept = sorted(name for name, each in network.named_parameters() if each.grad is not None)
        if recordings["x"].requires_grad:
            kept.append("the recorded input, which requires one now")
        return {
            "found": [float(each) for each in found],
            "again": [float(each) for each in again],
            "gradients left": kept,
        }

    def verify(self, case, got, want):
        for which, found, bound in zip(("output", "gradient"), got["found"], (1e-5, 1e-4), strict=True):
            expected = case[which]
            near = abs(found - expected) <= bound + 1e-3 * expected
            expect(near, f"the deviation of the {which} is {found:.4g}, expected {expected:.4g}")
        expect(got["again"] == got["found"], f"a second call gives {got['again']}, the first {got['found']}")
        expect(not got["gradients left"], f"gradients are left in {got['gradients left']}")


class MendsEveryFault(Check):
    """The archive that comes back has the true description, in torch's layout, and everything else it carried."""

    calls = "port(archive)[1]"
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for kind, layout, dtype in ARCHIVES:
            archive, layers, _ = unreliable(draw, kind, layout, dtype)
            yield case(kind, archive=archive | {"source": draw.word()}, layers=torchs(layers))
        archive, _ = whole(draw, "words")
        yield case("a description without a fault", archive=archive | {"source": draw.word()}, layers=archive["layers"])
        right = archive["recordings"]
        near = archive | {"recordings": right | {"gradient": off(right["gradient"], 7e-5)}}
        yield case("a gradient that deviates by 7e-5, which is near enough", archive=near, layers=archive["layers"])

    def probe(self, solution, archive, layers):
        made = solution.port(archive)[1]
        return {"layers": made["layers"], "layout": made["layout"], "keys": sorted(made)}

    def verify(self, case, got, want):
        found, true = dict(paths(got["layers"])), dict(paths(case["layers"]))
        expect(list(found) == list(true), f"the layers are {list(found)}, expected {list(true)}")
        for path, each in true.items():
            expect(found[path] == each, f"the description of {path} is {found[path]}, expected {each}")
        expect(got["layout"] == "torch", f"the layout is {got['layout']!r}, expected 'torch'")
        keys = sorted(case["archive"])
        expect(got["keys"] == keys, f"the archive's keys are {got['keys']}, expected {keys}")


class BitClose(Check):
    """On inputs that were never recorded, outputs are within 1e-5 and gradients within 1e-4 of the original's."""

    calls = "port(archive)[0](x)"
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for kind, layout, dtype in ARCHIVES:
            archive, layers, weights = unreliable(draw, kind, layout, dtype)
            x = steady(draw, layers, weights, kind, 5)
            fresh = observed(layers, weights, x, cotangents(draw, kind, 5), kind)
            *_, output = fresh["layers"].values()
            fresh = {key: fresh[key] for key in ("x", "of", "cotangent", "gradient")} | {"output": output}
            yield case(kind, archive=archive, fresh=fresh)

    def probe(self, solution, archive, fresh):
        network = solution.port(archive)[0]
        x = fresh["x"].permute(0, 3, 1, 2) if fresh["x"].ndim == 4 else fresh["x"]
        if fresh["of"] == "x":
            x = x.clone().requires_grad_()
        out = network(x)
        source = x if fresh["of"] == "x" else network.get_parameter(fresh["of"])
        (gradient,) = torch.autograd.grad(out, source, fresh["cotangent"])
        gradient = gradient.permute(0, 2, 3, 1) if gradient.ndim == 4 else gradient
        training = any(part.training for part in network.modules())
        return {"output": out.detach(), "gradient": gradient, "training": training}

    def verify(self, case, got, want):
        expect(not got["training"], "the network is still in training mode")
        for which, bound in (("output", 1e-5), ("gradient", 1e-4)):
            found, true = got[which], case["fresh"][which]
            expect(
                found.shape == true.shape, f"the {which} has shape {tuple(found.shape)}, expected {tuple(true.shape)}"
            )
            far = ((found - true).abs().max() / true.abs().max().clamp(min=1)).item()
            expect(far <= bound, f"the {which} deviates by {far:.2g}, expected at most {bound}")


class RefusesWhatItCannotProve(Check):
    """A layer that nothing explains raises ValueError with its path; an output or a gradient too far away says which."""

    calls = "port(archive)"
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for kind, place, name in (
            ("images", "block.body.conv1", "kernel"),
            ("words", "feed.body.up", "bias"),
            ("signals", "second", "bias"),
        ):
            archive, _, _ = unreliable(draw, kind)
            key = f"{place.replace('.', '/')}/{name}"
            value = archive["tensors"][key].clone()
            value.view(-1)[1] += 0.7
            yield case(
                f"one wrong number in {key}",
                archive=archive | {"tensors": archive["tensors"] | {key: value}},
                says=place,
            )
        archive, _, _ = unreliable(draw, "words", OTHER)
        right = archive["recordings"]
        damaged = archive | {"recordings": right | {"gradient": right["gradient"] * 1.01}}
        yield case("a gradient that is 1 % larger", archive=damaged, says="gradient")
        archive, _ = whole(draw, "signals")
        right = archive["recordings"]
        damaged = archive | {"recordings": right | {"gradient": off(right["gradient"], 1.3e-4)}}
        yield case("a gradient that deviates by 1.3e-4", archive=damaged, says="gradient")
        layers = right["layers"] | {"head": off(right["layers"]["head"], 1.3e-5)}
        yield case(
            "an output that deviates by 1.3e-5",
            archive=archive | {"recordings": right | {"layers": layers}},
            says="output",
        )

    def probe(self, solution, archive, says):
        return raised(solution.port, archive)

    def verify(self, case, got, want):
        expect(got["raised"] == "ValueError", f"what was raised is {got['raised']}, expected ValueError")
        expect(case["says"] in got["message"], f"the message does not say {case['says']!r}: {got['message']!r}")


class PortedOnce(Check):
    """Porting the archive that came back gives the same description, tensors and outputs, bit for bit."""

    calls = "port(port(archive)[1])"
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for kind, layout, dtype in ARCHIVES:
            yield case(kind, archive=unreliable(draw, kind, layout, dtype)[0])

    def probe(self, solution, archive):
        network, once = solution.port(archive)
        again, twice = solution.port(once)
        x = archive["recordings"]["x"]
        x = x.permute(0, 3, 1, 2) if x.ndim == 4 else x
        names = sorted(set(once["tensors"]) | set(twice["tensors"]))
        same = [name for name in names if torch.equal(once["tensors"][name], twice["tensors"][name])]
        return {
            "changed tensors": [name for name in names if name not in same],
            "the same description": once["layers"] == twice["layers"] and twice["layout"] == once["layout"],
            "the same output": torch.equal(network(x), again(x)),
        }

    def verify(self, case, got, want):
        expect(not got["changed tensors"], f"porting again changes {got['changed tensors']}")
        expect(got["the same description"], "porting again changes the description")
        expect(got["the same output"], "the network of the second port gives other outputs")


class ManyImages(Workload):
    """Port once, then predict for 512 images, ten times."""

    calls = "port(archive)[0](512 images), ten times"
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)

    def cases(self, draw: Draw, batch: int = 512):
        yield dict(archive=whole(draw, "images")[0], x=draw.normal(batch, 3, 8, 8))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, batch=4))

    def probe(self, solution, archive, x):
        network = solution.port(archive)[0]
        with torch.no_grad():
            for _ in range(10):
                out = network(x)
        return out


class Compiled(Workload):
    """The ported networks under torch.compile."""

    calls = "torch.compile(port(archive)[0])(x)"
    seconds = 60.0
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)

    def cases(self, draw: Draw):
        for kind in ("images", "words"):
            yield case(kind, archive=whole(draw, kind)[0])

    def probe(self, solution, archive):
        network = torch.compile(solution.port(archive)[0], backend="eager")
        x = archive["recordings"]["x"]
        return network(x.permute(0, 3, 1, 2) if x.ndim == 4 else x).detach()
