"""Compares the gradient as torch has it."""

import copy

import torch
from find_differences import compare, diagnose
from map_tensors import convert, load


def relative(got, want):
    got = got.detach().movedim(1, -1) if got.ndim == 4 else got.detach()
    return float((got - want).abs().max() / max(1.0, float(want.abs().max())))


def verify(network, recordings):
    network = copy.deepcopy(network).requires_grad_(True)
    x = recordings["x"]
    x = x.movedim(-1, 1).contiguous() if x.ndim == 4 else x.clone()
    if recordings["of"] == "x":
        x.requires_grad_(True)
    out = network(x)
    (out * recordings["cotangent"]).sum().backward()
    gradient = x.grad if recordings["of"] == "x" else dict(network.named_parameters())[recordings["of"]].grad
    last = list(recordings["layers"])[-1]
    return relative(out, recordings["layers"][last]), relative(gradient.flatten(), recordings["gradient"].flatten())


def at(layers, path):
    names = path.split(".")
    found = next(layer for layer in layers if layer["name"] == names[0])
    return at(found[names[1]], ".".join(names[2:])) if len(names) > 1 else found


def port(archive):
    archive = {**archive, "layers": copy.deepcopy(archive["layers"])}
    while True:
        fault = diagnose(archive)
        if fault is None:
            break
        if fault["field"] is None:
            raise ValueError(f"no value explains {fault['layer']}")
        at(archive["layers"], fault["layer"])[fault["field"]] = fault["value"]
    archive = convert(archive)
    network = load(archive)
    output, gradient = verify(network, archive["recordings"])
    if not output <= 1e-5:
        raise ValueError(f"output off by {output}")
    if not gradient <= 1e-4:
        raise ValueError(f"gradient off by {gradient}")
    assert all(value < torch.inf for value in compare(network, archive["recordings"]).values())
    return network, archive
