"""Uniform weights of the right variance."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

Params = dict[str, Tensor]


def init(sizes: Sequence[int], seed: int) -> Params:
    """Normal weights of variance 2 / fan_in, biases 0: w1 (sizes[1], sizes[0]), b1 (sizes[1],), and so on."""
    generator = torch.Generator().manual_seed(seed)
    params = {}
    for k in range(1, len(sizes)):
        fan_in, fan_out = sizes[k - 1], sizes[k]
        params[f"w{k}"] = (torch.rand(fan_out, fan_in, generator=generator) * 2 - 1) * math.sqrt(6.0 / fan_in)
        params[f"b{k}"] = torch.zeros(fan_out)
    return params


def forward(params: Params, x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """x (N, F) -> logits (N, K), and the input of every layer: x, then what each relu gave."""
    inputs, z = [], x
    for k in range(1, len(params) // 2 + 1):
        inputs.append(z if k == 1 else z.clamp(min=0.0))  # relu between the layers, none after the last
        z = inputs[-1] @ params[f"w{k}"].T + params[f"b{k}"]  # (N, fan_out)
    return z, inputs
