"""Hidden checks of modules/port-a-model/rebuild: what is held, then each kind's values, ties, whole networks."""

import math

import torch
from torch import nn

from leveling.checks import Check, Draw, Workload, case, expect, parameter_gradients, raised

BUILD = "build(layers)"


def layer(kind, name, **fields):
    return {"kind": kind, "name": name, **fields}


def dense(name, inputs, outputs, bias=True, **fields):
    return layer("dense", name, **{"in": inputs, "out": outputs, "bias": bias, **fields})


def conv(name, inputs, outputs, size=3, stride=1, padding="same_end", bias=False):
    fields = {"in": inputs, "out": outputs, "size": size, "stride": stride, "padding": padding, "bias": bias}
    return layer("conv", name, **fields)


def recurrent(kind, name, inputs, hidden):
    order = {"lstm": "ifgo", "gru": "rzn"}[kind]
    return layer(kind, name, **{"in": inputs, "hidden": hidden, "gates": order})


def norm(kind, name, dim, epsilon=1e-3):
    return layer(kind, name, dim=dim, epsilon=epsilon)


def act(name, function):
    return layer("activation", name, function=function)


def images(classes=5):
    body = [conv("conv1", 4, 6, 3, 2), norm("batchnorm", "norm1", 6), act("act", "relu"), conv("conv2", 6, 6)]
    block = layer("residual", "block1", body=body, shortcut=[conv("conv", 4, 6, 1, 2, "valid")])
    plain = layer("residual", "block2", body=[conv("conv", 6, 6, 3, 1, "symmetric", True)], shortcut=[])
    stem = [conv("stem", 3, 4, 3, 1), norm("batchnorm", "norm", 4, 1e-5), act("act", "silu")]
    return [*stem, block, plain, layer("pool", "pool"), dense("head", 6, classes)]


def words(vocab=11, dim=6):
    def block(name, inner):
        return layer("residual", name, body=[norm("layernorm", "norm", dim), *inner], shortcut=[])

    feed = [dense("up", dim, 4 * dim), act("act", "gelu_tanh"), dense("down", 4 * dim, dim)]
    return [
        layer("embed", "tokens", vocab=vocab, dim=dim),
        block("mix", [layer("attention", "attention", dim=dim, heads=3, causal=True)]),
        block("feed", feed),
        norm("layernorm", "norm", dim, 1e-6),
        dense("head", dim, vocab, tied="tokens"),
    ]


def signals():
    return [
        recurrent("gru", "first", 3, 5),
        recurrent("lstm", "second", 5, 4),
        layer("pool", "pool"),
        dense("head", 4, 2),
    ]


def numbers_in(each):
    """How many numbers an archive holds for a layer, in whatever layout."""
    kind = each["kind"]
    if kind == "embed":
        return each["vocab"] * each["dim"]
    if kind == "dense":
        return (0 if "tied" in each else each["in"] * each["out"]) + each["bias"] * each["out"]
    if kind == "conv":
        return each["size"] ** 2 * each["in"] * each["out"] + each["bias"] * each["out"]
    if kind == "attention":
        return 4 * each["dim"] * (each["dim"] + 1)
    if kind in ("lstm", "gru"):
        return len(each["gates"]) * each["hidden"] * (each["in"] + each["hidden"] + 2)
    return {"batchnorm": 4, "layernorm": 2}.get(kind, 0) * each.get("dim", 0)


def paths(layers, prefix=""):
    for each in layers:
        path = prefix + each["name"]
        for side in ("body", "shortcut"):
            yield from paths(each.get(side, []), f"{path}.{side}.")
        yield path, each


def filled(network, like):
    """Values by name and shape alone, in the dtype of `like`; variances positive and small enough for epsilon to show."""
    with torch.no_grad():
        for name, value in network.to(like.dtype).state_dict().items():
            if value.is_floating_point():
                phase = 1.0 + 0.01 * (sum(map(ord, name)) % 97)
                wave = torch.sin(phase * 1.618 * torch.arange(1, value.numel() + 1, dtype=torch.float64))
                wave = wave.reshape(value.shape) * (value[0].numel() if value.dim() > 1 else 2) ** -0.5
                value.copy_(wave.abs() * 0.01 + 0.002 if "running_var" in name else 1.4 * wave)
    return network.eval()


def run(solution, layers, x):
    """Output and gradients of a filled network, by name."""
    floats = x if x.is_floating_point() else None
    network = filled(solution.build(layers), x if floats is not None else torch.zeros(1))
    if floats is None:
        return {"output": network(x)}
    x = x.clone().requires_grad_()
    out = network(x)
    return {"output": out, **dict(sorted(parameter_gradients(out, network, x=x).items()))}


class Runs:
    """Build, fill by name, run in eval mode."""

    calls = "build(layers), filled, in eval mode, on x"

    def probe(self, solution, layers, x):
        return run(solution, layers, x)


class AccountsForTheArchive(Check):
    """Each layer holds exactly as many numbers as the archive has for it: nothing is left over, nothing made up."""

    calls = BUILD
    compare = False
    truth = False

    def cases(self, draw: Draw):
        yield case("an image network", layers=images(draw.integer(3, 9)))
        yield case("a language network with a tied head", layers=words(draw.integer(7, 19)))
        yield case("a recurrent network", layers=signals())
        bare = [dense("first", 4, 7, False), dense("second", 7, 3, True), conv("conv", 3, 5, bias=False)]
        yield case("with and without biases", layers=bare)

    def probe(self, solution, layers):
        network, seen, held = solution.build(layers), set(), {}
        for path, each in paths(layers):
            state = {} if each["kind"] == "residual" else network.get_submodule(path).state_dict(keep_vars=True)
            own = {id(value): value.numel() for name, value in state.items() if value.is_floating_point()}
            held[path] = sum(count for key, count in own.items() if key not in seen)
            seen |= set(own)
        return {"held": held, "parameters": sum(each.numel() for each in network.parameters())}

    def verify(self, case, got, want):
        for path, each in paths(case["layers"]):
            archive, held = numbers_in(each), got["held"][path]
            expect(archive == held, f"the archive has {archive} numbers for {path}, the network holds {held} there")
        statistics = sum(2 * each["dim"] for _, each in paths(case["layers"]) if each["kind"] == "batchnorm")
        total = sum(numbers_in(each) for _, each in paths(case["layers"])) - statistics
        expect(total == got["parameters"], f"the network has {got['parameters']} parameters, the archive {total}")


class NamesAndShapes(Check):
    """State dict names are path and torch's own leaf name, shapes are torch's."""

    calls = "build(layers).state_dict()"
    truth = False

    def cases(self, draw: Draw):
        yield case("an image network", layers=images())
        yield case("a language network", layers=words())
        yield case("a recurrent network", layers=signals())

    def probe(self, solution, layers):
        state = solution.build(layers).state_dict()
        return {name: list(state[name].shape) for name in sorted(state)}


class PaddingRules(Runs, Check):
    """Each padding rule puts its zeros where it says, for every size, stride and length."""

    def cases(self, draw: Draw):
        for rule in ("same_end", "same_start", "symmetric", "valid"):
            for size, stride, high, wide in (
                (3, 2, 8, 7),
                (3, 1, 5, 6),
                (4, 2, 7, 9),
                (5, 3, 8, 6),
                (5, 1, 6, 7),
                (1, 2, 5, 4),
            ):
                label = f"{rule}, kernel {size}, stride {stride}, {high} x {wide}"
                layers = [conv("conv", 2, 3, size, stride, rule, True)]
                yield case(label, layers=layers, x=draw.normal(2, 2, high, wide))


class NormsAndTheirEpsilon(Runs, Check):
    """Norms use the epsilon of the description."""

    def cases(self, draw: Draw):
        for epsilon in (1e-2, 1e-3, 1e-6):
            layers = [norm("batchnorm", "norm", 4, epsilon)]
            yield case(f"batchnorm, epsilon {epsilon}", layers=layers, x=draw.normal(3, 4, 2, 3))
            layers = [norm("layernorm", "norm", 6, epsilon)]
            yield case(f"layernorm, epsilon {epsilon}", layers=layers, x=draw.normal(3, 5, 6, std=0.03))


class Activations(Runs, Check):
    """Each activation is the one that is named, not its cousin."""

    def cases(self, draw: Draw):
        for function in ("relu", "gelu", "gelu_tanh", "silu"):
            yield case(function, layers=[act("act", function)], x=draw.normal(4, 9, std=2.0))


class AttentionOfEveryHead(Runs, Check):
    """Attention takes q, k, v as the thirds of qkv, head after head, and looks back only where it is causal."""

    def cases(self, draw: Draw):
        for heads, causal in ((1, False), (2, False), (3, True), (6, True)):
            layers = [layer("attention", "attention", dim=6, heads=heads, causal=causal)]
            yield case(f"{heads} heads, causal={causal}", layers=layers, x=draw.normal(2, 5, 6))


class RecurrentOutputs(Runs, Check):
    """Recurrent layers put out every step, the rows of a batch apart."""

    def cases(self, draw: Draw):
        for kind in ("lstm", "gru"):
            yield case(kind, layers=[recurrent(kind, "cell", 3, 4)], x=draw.normal(2, 5, 3))


class PoolingAndFlattening(Runs, Check):
    """pool is the mean over all positions; flatten lets the channel run fastest."""

    def cases(self, draw: Draw):
        yield case("pool over an image", layers=[layer("pool", "pool")], x=draw.normal(2, 3, 4, 5))
        yield case("pool over a sequence", layers=[layer("pool", "pool")], x=draw.normal(2, 3, 5))
        layers = [layer("flatten", "flat"), dense("head", 60, 2)]
        yield case("flatten, then dense", layers=layers, x=draw.normal(2, 3, 4, 5))


class TiedHeads(Check):
    """A tied layer holds the very Parameter of its embedding, inside a block as well."""

    calls = "build(layers) with a tied head"
    truth = False

    def cases(self, draw: Draw):
        yield dict(layers=words())
        inner = layer("residual", "block", body=[dense("inner", 6, 6)], shortcut=[dense("side", 6, 6, False)])
        embed = layer("embed", "table", vocab=7, dim=6)
        yield case("a head without a bias", layers=[embed, inner, dense("head", 6, 7, False, tied="table")])
        body = [dense("logits", 6, 7, tied="table"), dense("back", 7, 6)]
        yield case("a tied layer inside a block", layers=[embed, layer("residual", "block", body=body, shortcut=[])])

    def probe(self, solution, layers):
        network = solution.build(layers)
        pairs = [(path, each["tied"]) for path, each in paths(layers) if "tied" in each]
        one = [network.get_submodule(path).weight is network.get_submodule(tied).weight for path, tied in pairs]
        return {"one Parameter": one, "parameters": sorted(name for name, _ in network.named_parameters())}


class WholeNetworks(Runs, Check):
    """Whole networks, residual blocks inside one another included, compute what is described."""

    def cases(self, draw: Draw):
        yield case("an image network", layers=images(), x=draw.normal(2, 3, 8, 7))
        yield case("a recurrent network", layers=signals(), x=draw.normal(2, 4, 3))
        yield case("a language network", layers=words(), x=draw.integers(0, 11, 2, 5))
        inner = layer("residual", "inner", body=[dense("a", 4, 4)], shortcut=[])
        outer = layer("residual", "outer", body=[inner, act("act", "gelu")], shortcut=[dense("b", 4, 4, False)])
        yield case("a block in a block", layers=[outer, dense("head", 4, 3)], x=draw.normal(3, 4))


class UnknownKinds(Check):
    """A kind that nobody knows raises ValueError that names the layer and the kind, inside a block as well."""

    calls = BUILD
    compare = False
    truth = False

    def cases(self, draw: Draw):
        name, kind = draw.word(5, 8), draw.word(9, 12)
        yield case("at the top", layers=[dense("first", 3, 4), layer(kind, name)], name=name, kind=kind)
        block = layer("residual", "block", body=[], shortcut=[layer(kind, name)])
        yield case("in a shortcut", layers=[block], name=name, kind=kind)

    def probe(self, solution, layers, name, kind):
        return raised(solution.build, layers)

    def verify(self, case, got, want):
        expect(got["raised"] == "ValueError", f"what was raised is {got['raised']}, expected ValueError")
        for word in (case["name"], case["kind"]):
            expect(word in got["message"], f"the message does not name {word!r}: {got['message']!r}")


class Parameters(Workload):
    """The parameters of an image network and a language network."""

    calls = "sum of build(layers).parameters()"

    def cases(self, draw: Draw):
        yield dict(vocab=50)

    def probe(self, solution, vocab):
        made = [solution.build(images(17)), solution.build(words(vocab, 12))]
        return sum(math.prod(each.shape) for network in made for each in network.parameters())
