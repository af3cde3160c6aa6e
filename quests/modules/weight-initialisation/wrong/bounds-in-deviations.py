"""Reads the bounds as multiples of the deviation."""

import torch
from torch import nn

GAIN = {
    "linear": lambda a: 1,
    "tanh": lambda a: 5 / 3,
    "relu": lambda a: 2**0.5,
    "leaky_relu": lambda a: (2 / (1 + a * a)) ** 0.5,
}


def fans(shape):
    if len(shape) < 2:
        raise ValueError(f"no fans for {shape}")
    area = 1
    for size in shape[2:]:
        area *= size
    return shape[1] * area, shape[0] * area


def xavier_uniform_(w, gain=1.0, generator=None):
    fan_in, fan_out = fans(w.shape)
    bound = gain * (6 / (fan_in + fan_out)) ** 0.5
    values = torch.rand(w.shape, generator=generator) * 2 * bound - bound
    w.data.copy_(values)
    return w


def kaiming_normal_(w, mode="fan_in", nonlinearity="relu", slope=0.0, generator=None):
    if nonlinearity not in GAIN or mode not in {"fan_in", "fan_out"}:
        raise ValueError(f"unknown mode {mode} or nonlinearity {nonlinearity}")
    fan = fans(w.shape)[mode == "fan_out"]
    std = GAIN[nonlinearity](slope) / fan**0.5
    w.data.copy_(torch.randn(w.shape, generator=generator) * std)
    return w


def orthogonal_(w, gain=1.0, generator=None):
    if w.dim() < 2:
        raise ValueError("a vector cannot be orthogonal")
    flat = torch.randn(w.shape, generator=generator).flatten(1)
    wide = flat.shape[0] < flat.shape[1]
    q, r = torch.linalg.qr(flat.T if wide else flat)
    q = torch.where(r.diagonal() < 0, -q, q)
    w.data.copy_((q.T if wide else q).reshape(w.shape) * gain)
    return w


def trunc_normal_(w, std, a, b, generator=None):
    if std <= 0 or a >= b:
        raise ValueError("std > 0 and a < b, please")
    values = torch.randn(w.shape, generator=generator) * std
    outside = (values < a * std) | (values > b * std)
    while outside.any():
        values[outside] = torch.randn(int(outside.sum()), generator=generator) * std
        outside = (values < a * std) | (values > b * std)
    w.data.copy_(values)
    return w


def init_model(model, scheme, generator):
    try:
        fill = {"xavier": xavier_uniform_, "kaiming": kaiming_normal_, "orthogonal": orthogonal_}[scheme]
    except KeyError:
        raise ValueError(f"unknown scheme {scheme}") from None

    def visit(part):
        if isinstance(part, nn.Linear | nn.Conv2d):
            fill(part.weight, generator=generator)
            if part.bias is not None:
                part.bias.data.zero_()
        elif isinstance(part, nn.Embedding):
            part.weight.data.normal_(std=0.02, generator=generator)
            if part.padding_idx is not None:
                part.weight.data[part.padding_idx].zero_()
        elif isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d | nn.LayerNorm | nn.GroupNorm):
            for name, value in part.named_parameters(recurse=False):
                value.data.fill_(1.0 if name == "weight" else 0.0)

    for part in set_in_order(model.modules()):
        visit(part)


def set_in_order(parts):
    return list(dict.fromkeys(parts))
