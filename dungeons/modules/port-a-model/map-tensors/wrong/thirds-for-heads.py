"""Takes interleaved columns for thirds."""

import math

import torch
from rebuild import build

TORCH = dict(lstm="ifgo", gru="rzn")
NAMES = dict(
    embed=[("weight", "table", "v d", "v d")],
    batchnorm=[
        ("weight", "scale", "d", "d"),
        ("bias", "offset", "d", "d"),
        ("running_mean", "mean", "d", "d"),
        ("running_var", "variance", "d", "d"),
    ],
    layernorm=[("weight", "scale", "d", "d"), ("bias", "offset", "d", "d")],
)


def patterns(layer, layout):
    """(torch's leaf, the archive's leaf, axes there, axes here) for one layer; two of one name are joined in order."""
    kind = layer["kind"]
    made = list(NAMES.get(kind, []))
    if kind == "dense" and "tied" not in layer:
        made.append(("weight", "kernel", "i o" if layout["dense"] == "io" else "o i", "o i"))
    if kind == "conv":
        made.append(("weight", "kernel", "s t i o" if layout["conv"] == "hwio" else "o i s t", "o i s t"))
    if kind in ("dense", "conv") and layer["bias"]:
        made.append(("bias", "bias", "o", "o"))
    if kind == "attention" and layout["attention"] == "split":
        for each in ("query", "key", "value"):
            made.append(("qkv.weight", f"{each}/kernel", "d n k", "n k d"))
            made.append(("qkv.bias", f"{each}/bias", "n k", "n k"))
        made.append(("out.weight", "out/kernel", "n k d", "d n k"))
        made.append(("out.bias", "out/bias", "d", "d"))
    elif kind == "attention":
        made.append(("qkv.weight", "qkv/kernel", "d c*n*k", "c n k d"))
        made.append(("qkv.bias", "qkv/bias", "c*n*k", "c n k"))
        made.append(("out.weight", "out/kernel", "e d", "d e"))
        made.append(("out.bias", "out/bias", "d", "d"))
    if kind in TORCH:
        made.append(("weight_ih_l0", "kernel", "i g*h", "g h i"))
        made.append(("weight_hh_l0", "recurrent", "j g*h", "g h j"))
        made.append(("bias_ih_l0", "bias", "b g*h", "b g h"))
        made.append(("bias_hh_l0", "bias", "b g*h", "b g h"))
    return made


def sizes(layer):
    found = dict(c=3, b=2)
    for letter, field in dict(
        v="vocab", d="dim", e="dim", i="in", o="out", s="size", t="size", n="heads", h="hidden", j="hidden"
    ).items():
        if field in layer:
            found[letter] = layer[field]
    if "heads" in layer:
        found["k"] = layer["dim"] // layer["heads"]
    if "gates" in layer:
        found["g"] = len(layer["gates"])
    return found


def fetch(tensors, key, shape):
    if key not in tensors:
        raise ValueError(f"missing: {key}")
    if list(tensors[key].shape) != shape:
        raise ValueError(f"{key} is {list(tensors[key].shape)} instead of {shape}")
    return tensors[key]


def turned(value, there, here, size):
    value = value.reshape([size[axis] for axis in there.replace("*", " ").split()])
    order = [there.replace("*", " ").split().index(axis) for axis in here.split()]
    return value.permute(order)


def one(layer, path, layout, tensors, made, seen):
    size = sizes(layer)
    for leaf, name, there, here in patterns(layer, layout):
        key = f"{path.replace('.', '/')}/{name}"
        value = fetch(tensors, key, [math.prod(size[axis] for axis in group.split("*")) for group in there.split()])
        seen.add(key)
        value = turned(value, there, here, size)
        if leaf.startswith("bias_"):
            value = value[0 if leaf == "bias_ih_l0" else 1]
        if "gates" in layer:
            value = torch.stack([value[layer["gates"].index(gate)] for gate in TORCH[layer["kind"]]])
            value = value.flatten(0, 1)
        if layer["kind"] == "attention" and leaf != "out.bias":
            value = (
                value.reshape(layer["dim"] if leaf == "out.weight" else -1, layer["dim"])
                if "w" in leaf
                else value.flatten()
            )
        value = value.to(torch.float32).clone(memory_format=torch.contiguous_format)
        goal = f"{path}.{leaf}"
        made[goal] = torch.cat([made[goal], value]) if goal in made else value


def every(layers, prefix=""):
    for layer in layers:
        yield prefix + layer["name"], layer
        for side in ("body", "shortcut"):
            yield from every(layer.get(side, ()), f"{prefix}{layer['name']}.{side}.")


def convert(archive):
    made, seen = {}, set()
    tensors, layers = archive["tensors"], archive["layers"]
    if archive["layout"] == "torch":
        with torch.device("meta"):
            wanted = build(layers).state_dict()
        for name in wanted:
            if not name.endswith("num_batches_tracked"):
                made[name] = fetch(tensors, name, list(wanted[name].shape)).to(torch.float32, copy=True).contiguous()
                seen.add(name)
    else:
        for path, layer in every(layers):
            one(layer, path, archive["layout"], tensors, made, seen)
        for path, layer in every(layers):
            if "tied" in layer:
                made[f"{path}.weight"] = made[f"{layer['tied']}.weight"]
    unknown = [key for key in tensors if key not in seen]
    if unknown:
        raise ValueError(f"no layer for {', '.join(unknown)}")
    return {**archive, "layers": described(layers), "layout": "torch", "tensors": made}


def described(layers):
    return [
        {
            key: TORCH[layer["kind"]] if key == "gates" else described(value) if key in ("body", "shortcut") else value
            for key, value in layer.items()
        }
        for layer in layers
    ]


def load(archive):
    made = convert(archive)
    network = build(made["layers"]).eval()
    state = network.state_dict()
    with torch.no_grad():
        for name, value in made["tensors"].items():
            state[name].copy_(value)
    return network
