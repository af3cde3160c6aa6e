"""Hidden checks of modules/port-a-model/map-tensors: every kind's arrays, whole archives, damage, the loaded network."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, raised, shares_memory

CONVERT, LOAD = "convert(archive)", "load(archive)"
EXACT = Tolerance(relative=0.0, absolute=0.0)
FOREIGN = {"conv": "hwio", "dense": "io", "attention": "split"}
OTHER = {"conv": "oihw", "dense": "oi", "attention": "interleaved"}


def layer(kind, name, **fields):
    return {"kind": kind, "name": name, **fields}


def dense(name, inputs, outputs, bias=True, **fields):
    return layer("dense", name, **{"in": inputs, "out": outputs, "bias": bias, **fields})


def conv(name, inputs, outputs, size=3, bias=False):
    fields = {"in": inputs, "out": outputs, "size": size, "stride": 1, "padding": "same_end", "bias": bias}
    return layer("conv", name, **fields)


def recurrent(kind, name, inputs, hidden, gates):
    return layer(kind, name, **{"in": inputs, "hidden": hidden, "gates": gates})


def attention(name, dim, heads):
    return layer("attention", name, dim=dim, heads=heads, causal=False)


def paths(layers, prefix=""):
    for each in layers:
        for side in ("body", "shortcut"):
            yield from paths(each.get(side, []), f"{prefix}{each['name']}/{side}/")
        yield prefix + each["name"], each


def shapes(each, layout):
    """Names and shapes that an archive has for one layer."""
    kind = each["kind"]
    d, i, o, size = (each.get(field, 0) for field in ("dim", "in", "out", "size"))
    if kind == "embed":
        return {"table": (each["vocab"], d)}
    if kind in ("dense", "conv"):
        wide = {"dense": (), "conv": (size, size)}[kind]
        kernel = (*wide, i, o) if layout[kind] in ("io", "hwio") else (o, i, *wide)
        return ({} if "tied" in each else {"kernel": kernel}) | ({"bias": (o,)} if each["bias"] else {})
    if kind == "attention":
        return attention_shapes(d, each["heads"], layout)
    if kind in ("lstm", "gru"):
        hidden, wide = each["hidden"], each["hidden"] * len(each["gates"])
        return {"kernel": (i, wide), "recurrent": (hidden, wide), "bias": (2, wide)}
    names = {"batchnorm": ("scale", "offset", "mean", "variance"), "layernorm": ("scale", "offset")}
    return dict.fromkeys(names.get(kind, ()), (d,))


def attention_shapes(d, n, layout):
    if layout["attention"] == "interleaved":
        return {"qkv/kernel": (d, 3 * d), "qkv/bias": (3 * d,), "out/kernel": (d, d), "out/bias": (d,)}
    made = {"out/kernel": (n, d // n, d), "out/bias": (d,)}
    for name in ("query", "key", "value"):
        made |= {f"{name}/kernel": (d, n, d // n), f"{name}/bias": (n, d // n)}
    return made


def archive(draw, layers, layout=FOREIGN, dtype=torch.float32):
    tensors = {}
    for path, each in paths(layers):
        for name, shape in shapes(each, layout).items():
            tensors[f"{path}/{name}"] = draw.normal(*shape).to(dtype)
    return {"layers": layers, "layout": layout, "tensors": tensors}


def images():
    body = [
        conv("conv1", 4, 4),
        layer("batchnorm", "norm", dim=4, epsilon=1e-3),
        layer("activation", "act", function="relu"),
    ]
    inner = layer("residual", "inner", body=[conv("conv", 4, 4, 1)], shortcut=[])
    block = layer("residual", "block", body=[*body, inner], shortcut=[conv("conv", 4, 4, 1, True)])
    return [conv("stem", 3, 4, 5), block, layer("pool", "pool"), dense("head", 4, 4)]


def words():
    mix = layer(
        "residual", "mix", body=[layer("layernorm", "norm", dim=6, epsilon=1e-6), attention("heads", 6, 2)], shortcut=[]
    )
    table = layer("embed", "tokens", vocab=11, dim=6)
    cells = [recurrent("lstm", "cell", 6, 6, "oifg"), recurrent("gru", "last", 6, 6, "znr")]
    return [table, mix, *cells, dense("head", 6, 11, tied="tokens")]


def arrays(made):
    return {name: made["tensors"][name] for name in sorted(made["tensors"])}


class Arrays:
    """The tensors of the converted archive, by name."""

    calls = "convert(archive)['tensors']"
    truth = False
    tolerance = EXACT
    battery = False

    def probe(self, solution, given):
        return arrays(solution.convert(given))


class DenseAndConvolution(Arrays, Check):
    """Kernels are turned where the layout says so, square ones too; the layout decides, not the shape."""

    def cases(self, draw: Draw):
        for layout in (FOREIGN, OTHER, FOREIGN | {"dense": "oi"}, OTHER | {"dense": "io"}):
            layers = [
                dense("wide", 3, 5),
                dense("square", 4, 4),
                dense("bare", 3, 2, False),
                conv("conv", 2, 3, 5),
                conv("cube", 3, 3, 3, True),
            ]
            yield case(f"conv {layout['conv']}, dense {layout['dense']}", given=archive(draw, layers, layout))


class TablesAndNorms(Arrays, Check):
    """Tables, scales, offsets and running statistics go to torch's names."""

    def cases(self, draw: Draw):
        norms = [layer(f"{kind}norm", kind, dim=5, epsilon=1e-3) for kind in ("batch", "layer")]
        yield dict(given=archive(draw, [layer("embed", "tokens", vocab=4, dim=4), *norms]))


class AttentionInThreeArrays(Arrays, Check):
    """query, key and value become the thirds of qkv, each head after head."""

    def cases(self, draw: Draw):
        for heads in (2, 3, 1, 6):
            yield case(f"{heads} heads of {6 // heads}", given=archive(draw, [attention("mix", 6, heads)]))


class AttentionHeadByHead(Arrays, Check):
    """An interleaved kernel, (q k v) for each head in turn, becomes thirds."""

    def cases(self, draw: Draw):
        for heads in (2, 3, 1):
            yield case(f"{heads} heads", given=archive(draw, [attention("mix", 6, heads)], OTHER))


class GateOrders(Arrays, Check):
    """Gates come into torch's order, in both kernels and in both biases."""

    def cases(self, draw: Draw):
        for kind, orders in (("lstm", ("igfo", "fgoi", "ifgo", "ogfi")), ("gru", ("zrn", "nrz", "rzn", "znr"))):
            for gates in orders:
                layers = [recurrent(kind, "cell", 3, 4, gates), recurrent(kind, "second", 4, 4, gates[1:] + gates[0])]
                yield case(f"{kind}, gates {gates}", given=archive(draw, layers))


class TiedWeights(Arrays, Check):
    """A tied layer's weight is its embedding's; the archive has nothing for it."""

    def cases(self, draw: Draw):
        layers = [layer("embed", "tokens", vocab=5, dim=5), dense("head", 5, 5, tied="tokens")]
        yield dict(given=archive(draw, layers))


class WholeArchives(Arrays, Check):
    """All names of the state dict come out, layers inside of blocks included."""

    def cases(self, draw: Draw):
        for name, layout in (("foreign", FOREIGN), ("another", OTHER)):
            yield case(f"an image network, {name} layout", given=archive(draw, images(), layout))
            yield case(f"a language network, {name} layout", given=archive(draw, words(), layout))


class HalfPrecisionStorage(Check):
    """Whatever the storage, what comes out is float32, contiguous, and no memory of the archive."""

    calls = CONVERT
    truth = False
    tolerance = EXACT
    battery = False

    def cases(self, draw: Draw):
        for dtype in (torch.float16, torch.bfloat16, torch.float32):
            yield case(str(dtype), given=archive(draw, [*images(), attention("mix", 4, 2)], FOREIGN, dtype))
        yield case("nothing to turn", given=archive(draw, [dense("a", 3, 3), conv("b", 2, 3)], OTHER))

    def probe(self, solution, given):
        made = solution.convert(given)["tensors"]
        shared = [
            name for name, value in made.items() for old in given["tensors"].values() if shares_memory(value, old)
        ]
        return {
            "not float32": sorted(name for name, value in made.items() if value.dtype != torch.float32),
            "not contiguous": sorted(name for name, value in made.items() if not value.is_contiguous()),
            "memory of the archive": sorted(shared),
            "head": made["head.weight"] if "head.weight" in made else made["a.weight"],
        }


class DescribesWhatItMade(Check):
    """The result says layout "torch" and torch's gate orders, and carries over everything else."""

    calls = CONVERT
    truth = False
    battery = False

    def cases(self, draw: Draw):
        layers = [layer("residual", "block", body=[recurrent("gru", "in", 3, 3, "nzr")], shortcut=[dense("d", 3, 3)])]
        layers.append(recurrent("lstm", "out", 3, 2, "gofi"))
        yield dict(given=archive(draw, layers) | {"recordings": {"x": draw.normal(2, 3)}, "source": draw.word()})

    def probe(self, solution, given):
        made = solution.convert(given)
        rest = {key: value for key, value in made.items() if key != "tensors"}
        return {**{key: rest[key] for key in sorted(rest)}, "a new dict": made is not given}


class ItsOwnOutput(Check):
    """Converting what convert made changes nothing."""

    calls = "convert(convert(archive))"
    truth = False
    tolerance = EXACT
    battery = False

    def cases(self, draw: Draw):
        yield case("an image network", given=archive(draw, images()))
        yield case("a language network", given=archive(draw, words(), OTHER))

    def probe(self, solution, given):
        once = solution.convert(given)
        twice = solution.convert(once)
        return {**arrays(twice), "layout": twice["layout"], "the same description": twice["layers"] == once["layers"]}


class DamagedArchives(Check):
    """A key that is missing, foreign, or of another shape raises ValueError that names it."""

    calls = CONVERT
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        whole = archive(draw, [*words(), dense("wide", 3, 5), conv("conv", 2, 3, 2)])
        head = archive(draw, words())
        for label, key, value in (
            ("missing kernel", "mix/body/heads/key/kernel", None),
            ("missing statistics", "mix/body/norm/offset", None),
            ("missing bias", "cell/bias", None),
            ("of no layer", "mix/body/norm/mean", draw.normal(6)),
            ("a kernel for a tied head", "head/kernel", draw.normal(6, 11)),
            ("transposed on the way", "wide/kernel", draw.normal(5, 3)),
            ("one number for a bias", "wide/bias", draw.normal(1)),
            ("channels first where last is said", "conv/kernel", draw.normal(3, 2, 2, 2)),
            ("heads and their width exchanged", "mix/body/heads/query/kernel", draw.normal(6, 3, 2)),
            ("one bias for both", "last/bias", draw.normal(18)),
        ):
            chosen = whole if key.startswith(("wide", "conv")) else head
            tensors = {name: tensor for name, tensor in chosen["tensors"].items() if name != key}
            if value is not None:
                tensors[key] = value
            yield case(f"{label}: {key}", given={**chosen, "tensors": tensors}, key=key)
        tensors = {"d.weight": draw.normal(4, 3), "d.bias": draw.normal(4)}
        for key, value in (("d.weight", draw.normal(3, 4)), ("d.bias", None), ("d.scale", draw.normal(4))):
            damaged = {name: tensor for name, tensor in tensors.items() if name != key}
            damaged |= {} if value is None else {key: value}
            given = {"layers": [dense("d", 3, 4)], "layout": "torch", "tensors": damaged}
            yield case(f"layout torch: {key}", given=given, key=key)

    def probe(self, solution, given, key):
        return raised(solution.convert, given)

    def verify(self, case, got, want):
        expect(got["raised"] == "ValueError", f"what was raised is {got['raised']}, expected ValueError")
        expect(case["key"] in got["message"], f"the message does not name {case['key']!r}: {got['message']!r}")


class LoadsTheNetwork(Check):
    """load gives the network its weights, in float32 and eval mode, with ties still tied."""

    calls = LOAD
    truth = False
    tolerance = EXACT
    battery = False

    def cases(self, draw: Draw):
        yield case("an image network in float16", given=archive(draw, images(), FOREIGN, torch.float16))
        yield case("a language network", given=archive(draw, words(), OTHER))

    def probe(self, solution, given):
        network = solution.load(given)
        state = network.state_dict()
        return {
            **{name: state[name] for name in sorted(state)},
            "still training": sorted(name for name, part in network.named_modules() if part.training),
            "parameters": sorted(name for name, _ in network.named_parameters()),
        }


class SixtyFourMebibytes(Workload):
    """An archive of 32 MiB in float16."""

    calls = "convert(archive of eight 1024 x 2048 kernels in float16)"

    def cases(self, draw: Draw, wide: int = 1024):
        layers = [
            dense(f"layer{index}", *((wide, 2 * wide) if index % 2 == 0 else (2 * wide, wide))) for index in range(8)
        ]
        yield dict(given=archive(draw, layers, FOREIGN, torch.float16))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, wide=8))

    def probe(self, solution, given):
        made = solution.convert(given)["tensors"]
        return {name: value.flatten()[:3] for name, value in sorted(made.items())}
