"""Hidden checks of modules/port-a-model/find-differences: a hidden original records, the description lies."""

import contextlib
import copy
import math
from itertools import permutations

import torch

from leveling.checks import Check, Draw, case, expect


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
PLANTED = (  # label, network, layer, field, the truth, what the description says instead
    ("epsilon of a batchnorm", "images", "norm", "epsilon", 1e-5, 1e-3),
    ("an epsilon that is hardly there", "images", "norm", "epsilon", 1e-12, 1e-5),
    ("a large epsilon", "images", "norm", "epsilon", 1e-2, 1e-3),
    ("epsilon of a batchnorm inside a block", "images", "block.body.norm", "epsilon", 1e-6, 1e-12),
    ("epsilon of a layernorm", "words", "mix.body.norm", "epsilon", 1e-3, 1e-5),
    ("a gelu and its tanh form", "words", "feed.body.act", "function", "gelu_tanh", "gelu"),
    ("a silu taken for a relu", "images", "act", "function", "silu", "relu"),
    ("the zeros on the other side", "images", "stem", "padding", "same_end", "same_start"),
    ("torch's zeros for foreign ones", "images", "block.body.conv1", "padding", "same_end", "symmetric"),
    ("the odd zero behind, and it was before", "images", "block.body.conv2", "padding", "same_start", "same_end"),
    ("no zeros: the next layers cannot run", "images", "block.body.conv2", "padding", "same_end", "valid"),
    ("gates of a gru", "signals", "first", "gates", "znr", "zrn"),
    ("gates of an lstm", "signals", "second", "gates", "gofi", "ifgo"),
    ("a mask that is not there", "words", "mix.body.heads", "causal", True, False),
    ("a mask too many", "words", "mix.body.heads", "causal", False, True),
)


def errors(archive, layers, weights, place):
    """How far the original with these layers would stand from the recording of one of them."""
    record = {}
    with contextlib.suppress(RuntimeError):  # a wrong shape stops it somewhere
        original(layers, weights, double(archive["recordings"]["x"]), record)
    want = archive["recordings"]["layers"][place]
    if place not in record or record[place].shape != want.shape:
        return math.inf
    return ((record[place] - want).abs().max() / want.abs().max().clamp(min=1)).item()


def made(draw, kind, layout=FOREIGN, dtype=torch.float32, layers=None):
    """A healthy archive of that kind of network, and the original's weights."""
    layers = layers or NETWORKS[kind]()
    arrays = {
        path: {name: value.to(dtype) for name, value in drawn(draw, each).items()} for path, each in paths(layers)
    }
    weights, record, x = double(arrays), {}, given(draw, kind)
    original(layers, weights, double(x), record)
    tensors = {
        f"{path.replace('.', '/')}/{name}": value
        for path, own in arrays.items()
        for name, value in stored(own, layout).items()
    }
    recordings = {"x": x, "layers": {path: value.float() for path, value in record.items()}}
    return {"layers": layers, "layout": layout, "tensors": tensors, "recordings": recordings}, weights


def planted(draw, kind, place, field, truth, lie, **options):
    """An archive whose description says `lie`; drawn until every value but the true one stands far from the recording."""
    layers = changed(NETWORKS[kind](), place, **{field: truth})
    values = CANDIDATES.get(field) or ["".join(order) for order in permutations(truth)]
    others = [changed(layers, place, **{field: value}) for value in values if value != truth]
    for _ in range(30):
        archive, weights = made(draw, kind, layers=layers, **options)
        if all(errors(archive, other, weights, place) > 1e-4 for other in others):
            return archive | {"layers": changed(layers, place, **{field: lie})}
    raise RuntimeError(f"no archive was found in which {field} of {place} shows")


class ComparesHealthyNetworks(Check):
    """A faithful network stands within rounding of every recorded layer, in the order of the recordings."""

    calls = "compare(load(archive), archive['recordings'])"
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for kind in NETWORKS:
            for layout, dtype in ((FOREIGN, torch.float32), (OTHER, torch.float16)):
                yield case(f"{kind}, {dtype}", archive=made(draw, kind, layout, dtype)[0])

    def probe(self, solution, archive):
        from map_tensors import load

        network = load(archive)
        found = solution.compare(network, archive["recordings"])
        parts = list(network.modules())
        hooks = sum(len(part._forward_hooks) for part in parts)  # noqa: SLF001 - torch has no public name for them
        hooks += sum(len(part._forward_pre_hooks) for part in parts)  # noqa: SLF001 - as above
        return {
            "found": list(found.items()),
            "hooks": hooks,
            "types": sorted({type(each).__name__ for each in found.values()}),
        }

    def verify(self, case, got, want):
        names, expected = [path for path, _ in got["found"]], list(case["archive"]["recordings"]["layers"])
        expect(names == expected, f"compared were {names}, recorded are {expected}")
        expect(got["types"] == ["float"], f"deviations are of type {got['types']}, expected float")
        for path, error in got["found"]:
            expect(0 <= error < 2e-5, f"{path} deviates by {error:.3g}, expected rounding, below 2e-5")
        expect(got["hooks"] == 0, f"{got['hooks']} hooks are still on the network afterwards")


class MeasuresWhatDiffers(Check):
    """A deviation is the largest error over the largest recorded magnitude, or over 1; inf where nothing can be compared."""

    calls = "compare(load(archive), altered recordings)"
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        archive = made(draw, "images")[0]
        recorded = archive["recordings"]["layers"]
        for path, factor, add in (("stem", 40.0, 0.0), ("block", 1.0, -0.25), ("head", 0.0, 0.125), ("flat", 1.0, 0.5)):
            value = recorded[path].contiguous() * factor
            value.view(-1)[-1] += add
            error = (value - recorded[path]).abs().max() / value.abs().max().clamp(min=1)
            altered = archive["recordings"] | {"layers": recorded | {path: value}}
            yield case(
                f"{path}, times {factor}, plus {add}",
                archive=archive,
                recordings=altered,
                path=path,
                error=error.item(),
            )
        cut = archive["recordings"] | {"layers": recorded | {"act": recorded["act"][:, :1]}}
        yield case("another shape, which would broadcast", archive=archive, recordings=cut, path="act", error=math.inf)
        tensors = archive["tensors"] | {"head/bias": torch.full((5,), math.nan)}
        broken = archive | {"tensors": tensors}
        yield case("not a number", archive=broken, recordings=archive["recordings"], path="head", error=math.inf)
        short = archive | {"layers": changed(archive["layers"], "block.body.conv2", padding="valid")}
        yield case("not reached", archive=short, recordings=archive["recordings"], path="head", error=math.inf)

    def probe(self, solution, archive, recordings, path, error):
        from map_tensors import load

        return solution.compare(load(archive), recordings)

    def verify(self, case, got, want):
        error, found = case["error"], got[case["path"]]
        near = found == error if math.isinf(error) else abs(found - error) < 1e-4 * error
        expect(near, f"the deviation of {case['path']} is {found:.6g}, expected {error:.6g}")
        before = list(case["recordings"]["layers"]).index(case["path"])
        if math.isfinite(error):
            first = list(got.items())[:before]
            expect(all(each < 2e-5 for _, each in first), f"layers before {case['path']} deviate as well: {first}")


class NamesThePlantedCause(Check):
    """The first layer that deviates, the field that is wrong, and the value it should have."""

    calls = "diagnose(archive)"
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for label, kind, place, field, truth, lie in PLANTED:
            options = draw.choice([dict(layout=FOREIGN), dict(layout=OTHER, dtype=torch.float16)])
            archive = planted(draw, kind, place, field, truth, lie, **options)
            yield case(label, archive=archive, answer={"layer": place, "field": field, "value": truth})

    def probe(self, solution, archive, answer):
        return solution.diagnose(archive)

    def verify(self, case, got, want):
        expect(got == case["answer"], f"the answer is {got}, expected {case['answer']}")


class NothingToFind(Check):
    """Where every layer agrees the answer is None; the tolerance decides what agrees."""

    calls = "diagnose(archive, tolerance)"
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for kind in NETWORKS:
            yield case(f"{kind}, healthy", archive=made(draw, kind)[0], options={}, answer=None)
        archive = planted(draw, "words", "feed.body.act", "function", "gelu_tanh", "gelu")
        yield case("a gelu, and a tolerance of 0.01", archive=archive, options={"tolerance": 0.01}, answer=None)

    def probe(self, solution, archive, options, answer):
        return solution.diagnose(archive, **options)

    def verify(self, case, got, want):
        expect(got is None, f"the answer is {got}, expected None")


class NoCauseIsNamed(Check):
    """Where no suspected value reproduces the layer, field and value are None: damaged numbers are nobody's epsilon."""

    calls = "diagnose(archive)"
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for label, kind, place, name in (
            ("a kernel with one wrong number", "images", "block.body.conv1", "kernel"),
            ("an offset", "images", "norm", "offset"),
            ("a recurrent kernel", "signals", "second", "recurrent"),
            ("a bias of a layer without suspects", "words", "feed.body.up", "bias"),
        ):
            archive = made(draw, kind)[0]
            key = f"{place.replace('.', '/')}/{name}"
            value = archive["tensors"][key].clone()
            value.view(-1)[1] += 0.7
            damaged = archive | {"tensors": archive["tensors"] | {key: value}}
            yield case(label, archive=damaged, answer={"layer": place, "field": None, "value": None})
        archive = made(draw, "images")[0]
        value = archive["tensors"]["stem/bias"].clone()
        value[0] = math.nan
        damaged = archive | {"tensors": archive["tensors"] | {"stem/bias": value}}
        yield case("not a number", archive=damaged, answer={"layer": "stem", "field": None, "value": None})

    def probe(self, solution, archive, answer):
        return solution.diagnose(archive)

    def verify(self, case, got, want):
        expect(got == case["answer"], f"the answer is {got}, expected {case['answer']}")


class FirstOfSeveral(Check):
    """Of several faults the first in the order of the recordings is named, whatever is largest."""

    calls = "diagnose(archive)"
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        archive = planted(draw, "images", "norm", "epsilon", 1e-5, 1e-3)
        layers = changed(changed(archive["layers"], "act", function="relu"), "block.body.conv1", padding="symmetric")
        answer = {"layer": "norm", "field": "epsilon", "value": 1e-5}
        yield case("epsilon, then an activation and a padding", archive=archive | {"layers": layers}, answer=answer)
        archive = planted(draw, "signals", "first", "gates", "znr", "rzn")
        layers = changed(archive["layers"], "second", gates="ifgo")
        answer = {"layer": "first", "field": "gates", "value": "znr"}
        yield case("gates of both cells", archive=archive | {"layers": layers}, answer=answer)

    def probe(self, solution, archive, answer):
        return solution.diagnose(archive)

    def verify(self, case, got, want):
        expect(got == case["answer"], f"the answer is {got}, expected {case['answer']}")
