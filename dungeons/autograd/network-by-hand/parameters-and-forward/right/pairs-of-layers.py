"""Layers in pairs of sizes; relu as a maximum; addmm for the affine map."""

import itertools

import torch
from torch import Tensor


def init(sizes: list[int], seed: int) -> dict[str, Tensor]:
    generator = torch.Generator()
    generator.manual_seed(seed)
    found: dict[str, Tensor] = {}
    for number, (inputs, outputs) in enumerate(itertools.pairwise(sizes), start=1):
        weight = torch.empty(outputs, inputs)
        weight.normal_(mean=0.0, std=(2 / inputs) ** 0.5, generator=generator)
        found |= {f"w{number}": weight, f"b{number}": torch.zeros(outputs)}
    return found


def forward(params: dict[str, Tensor], x: Tensor) -> tuple[Tensor, list[Tensor]]:
    layers = [(params[name], params["b" + name[1:]]) for name in params if name.startswith("w")]
    kept = [x]
    for w, b in layers[:-1]:
        kept.append(torch.maximum(torch.addmm(b, kept[-1], w.t()), torch.zeros((), dtype=x.dtype)))
    w, b = layers[-1]
    return torch.addmm(b, kept[-1], w.t()), kept
