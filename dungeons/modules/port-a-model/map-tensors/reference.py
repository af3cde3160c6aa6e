"""From foreign arrays to a state dict: for each of torch's tensors, what it is made of and how."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from echoes.modules.meta_device_loading import skeleton
from rebuild import Layer, build, walk
from torch import Tensor, nn

GATES = {"lstm": "ifgo", "gru": "rzn"}  # torch's order
Shapes = dict[str, tuple[int, ...]]  # the archive's names and the shapes they have there
Rule = tuple[str, Shapes, Callable[..., Tensor]]  # torch's name, its sources, what makes it of them


def same(x: Tensor) -> Tensor:
    return x


def dense(layer: Layer, layout: dict[str, str]) -> Iterator[Rule]:
    i, o = layer["in"], layer["out"]
    if "tied" not in layer:
        yield (
            ("weight", {"kernel": (i, o)}, Tensor.t)
            if layout["dense"] == "io"
            else ("weight", {"kernel": (o, i)}, same)
        )
    if layer["bias"]:
        yield "bias", {"bias": (o,)}, same


def conv(layer: Layer, layout: dict[str, str]) -> Iterator[Rule]:
    i, o, size = layer["in"], layer["out"], layer["size"]
    if layout["conv"] == "hwio":
        yield "weight", {"kernel": (size, size, i, o)}, lambda w: w.permute(3, 2, 0, 1)
    else:
        yield "weight", {"kernel": (o, i, size, size)}, same
    if layer["bias"]:
        yield "bias", {"bias": (o,)}, same


def attention(layer: Layer, layout: dict[str, str]) -> Iterator[Rule]:
    d, n = layer["dim"], layer["heads"]
    k = d // n

    def thirds(rows: Tensor) -> Tensor:
        return rows.unflatten(0, (n, 3, k)).transpose(0, 1).flatten(0, 2)

    if layout["attention"] == "split":
        kernels: Shapes = {f"{each}/kernel": (d, n, k) for each in ("query", "key", "value")}
        biases: Shapes = {f"{each}/bias": (n, k) for each in ("query", "key", "value")}
        yield "qkv.weight", kernels, lambda *parts: torch.cat([each.flatten(1).t() for each in parts])
        yield "qkv.bias", biases, lambda *parts: torch.cat([each.flatten() for each in parts])
        yield "out.weight", {"out/kernel": (n, k, d)}, lambda w: w.flatten(0, 1).t()
    else:  # columns: head, then q k v, then the places of a head
        yield "qkv.weight", {"qkv/kernel": (d, 3 * d)}, lambda w: thirds(w.t())
        yield "qkv.bias", {"qkv/bias": (3 * d,)}, thirds
        yield "out.weight", {"out/kernel": (d, d)}, Tensor.t
    yield "out.bias", {"out/bias": (d,)}, same


def recurrent(layer: Layer, layout: dict[str, str]) -> Iterator[Rule]:
    hidden, gates = layer["hidden"], layer["gates"]
    order = [gates.index(gate) for gate in GATES[layer["kind"]]]
    width = len(gates) * hidden

    def rows(x: Tensor) -> Tensor:
        return x.unflatten(0, (-1, hidden))[order].flatten(0, 1)

    yield "weight_ih_l0", {"kernel": (layer["in"], width)}, lambda w: rows(w.t())
    yield "weight_hh_l0", {"recurrent": (hidden, width)}, lambda w: rows(w.t())
    yield "bias_ih_l0", {"bias": (2, width)}, lambda b: rows(b[0])
    yield "bias_hh_l0", {"bias": (2, width)}, lambda b: rows(b[1])


def renamed(layer: Layer, **names: str) -> Iterator[Rule]:
    for name, foreign in names.items():
        yield name, {foreign: (layer["dim"],)}, same


RULES: dict[str, Callable[[Layer, dict[str, str]], Iterator[Rule]]] = {
    "embed": lambda layer, _: iter([("weight", {"table": (layer["vocab"], layer["dim"])}, same)]),
    "dense": dense,
    "conv": conv,
    "batchnorm": lambda layer, _: renamed(
        layer, weight="scale", bias="offset", running_mean="mean", running_var="variance"
    ),
    "layernorm": lambda layer, _: renamed(layer, weight="scale", bias="offset"),
    "attention": attention,
    "lstm": recurrent,
    "gru": recurrent,
}


def plan(layers: list[Layer], layout: Any) -> Iterator[Rule]:
    """The rules of all layers, with whole names."""
    if layout == "torch":
        for name, value in skeleton(lambda: build(layers)).state_dict().items():
            if value.is_floating_point():
                yield name, {name: tuple(value.shape)}, same
        return
    for path, layer in walk(layers):
        if layer["kind"] in RULES:
            for name, sources, turn in RULES[layer["kind"]](layer, layout):
                prefix = path.replace(".", "/")
                yield f"{path}.{name}", {f"{prefix}/{key}": shape for key, shape in sources.items()}, turn


def convert(archive: dict[str, Any]) -> dict[str, Any]:
    """The same archive in torch's layout: float32 tensors of their own memory under the names of the state dict.

    Raises:
        ValueError: naming a key that is missing, of another shape, or of no layer.
    """
    given, tensors = dict(archive["tensors"]), {}
    used: set[str] = set()
    for name, sources, turn in plan(archive["layers"], archive["layout"]):
        for key, shape in sources.items():
            if key not in given:
                raise ValueError(f"{key!r} is missing, of which {name!r} is made")
            if tuple(given[key].shape) != shape:
                raise ValueError(f"{key!r} has shape {tuple(given[key].shape)}, the description says {shape}")
        used |= set(sources)
        value = turn(*(given[key] for key in sources))
        tensors[name] = torch.empty(value.shape).copy_(value)
    if left := sorted(set(given) - used):
        raise ValueError(f"{left} belong to no layer")
    for path, layer in walk(archive["layers"]):
        if "tied" in layer:
            tensors[f"{path}.weight"] = tensors[f"{layer['tied']}.weight"]
    return archive | {"layers": settled(archive["layers"]), "layout": "torch", "tensors": tensors}


def settled(layers: list[Layer]) -> list[Layer]:
    """The description of what convert has made: gates are in torch's order now."""
    made = [dict(layer) for layer in layers]
    for layer in made:
        if "gates" in layer:
            layer["gates"] = GATES[layer["kind"]]
        for side in ("body", "shortcut"):
            if side in layer:
                layer[side] = settled(layer[side])
    return made


def load(archive: dict[str, Any]) -> nn.Module:
    """The network with the archive's weights, ready to predict."""
    made = convert(archive)
    network = build(made["layers"])
    network.load_state_dict(made["tensors"])  # norms do without their counters where the dict has no version
    return network.eval()
