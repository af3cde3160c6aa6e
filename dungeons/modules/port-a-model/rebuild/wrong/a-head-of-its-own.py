"""Copies the tied weight."""

import torch
import torch.nn.functional as F
from torch import nn


class Pad(nn.Conv2d):
    def forward(self, x):
        for dim in (2, 3):
            n, size, stride = x.shape[dim], self.kernel_size[0], self.stride[0]
            if self.rule == "symmetric":
                before = after = size // 2
            elif self.rule == "valid":
                before = after = 0
            else:
                total = max((size - stride) if n % stride == 0 else (size - n % stride), 0)
                after = total - total // 2
                before = total - after
                if self.rule == "same_start":
                    before, after = after, before
            sides = [after if dim == 3 else 0, after if dim == 2 else 0]
            x = F.pad(x, (before if dim == 3 else 0, sides[0], before if dim == 2 else 0, sides[1]))
        return super().forward(x)


class Attention(nn.Module):
    def __init__(self, dim, heads, causal):
        super().__init__()
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.heads, self.causal = heads, causal

    def forward(self, x):
        batch, steps, dim = x.shape
        q, k, v = (each.view(batch, steps, self.heads, -1).transpose(1, 2) for each in self.qkv(x).chunk(3, -1))
        scores = q @ k.transpose(-1, -2) * (dim // self.heads) ** -0.5
        if self.causal:
            later = torch.ones(steps, steps, dtype=torch.bool, device=x.device).triu(1)
            scores = scores.masked_fill(later, float("-inf"))
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, steps, dim))


class First:
    def forward(self, x):
        return super().forward(x)[0]


class LSTM(First, nn.LSTM):
    pass


class GRU(First, nn.GRU):
    pass


class Call(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Residual(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.body, self.shortcut = chain(layer["body"]), chain(layer["shortcut"])

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def one(layer):
    kind = layer["kind"]
    if kind == "embed":
        return nn.Embedding(layer["vocab"], layer["dim"])
    if kind == "dense":
        return nn.Linear(layer["in"], layer["out"], bias=layer["bias"])
    if kind == "conv":
        made = Pad(layer["in"], layer["out"], layer["size"], layer["stride"], bias=layer["bias"])
        made.rule = layer["padding"]
        return made
    if kind == "batchnorm":
        return nn.BatchNorm2d(layer["dim"], eps=layer["epsilon"])
    if kind == "layernorm":
        return nn.LayerNorm(layer["dim"], eps=layer["epsilon"])
    if kind == "activation":
        return {
            "relu": Call(torch.relu),
            "silu": Call(lambda x: x * torch.sigmoid(x)),
            "gelu": nn.GELU(),
            "gelu_tanh": nn.GELU("tanh"),
        }[layer["function"]]
    return special(layer, kind)


def special(layer, kind):
    if kind == "attention":
        return Attention(layer["dim"], layer["heads"], layer["causal"])
    if kind == "lstm":
        return LSTM(layer["in"], layer["hidden"], batch_first=True)
    if kind == "gru":
        return GRU(layer["in"], layer["hidden"], batch_first=True)
    if kind == "pool":
        return Call(lambda x: x.flatten(2).mean(-1) if x.ndim == 4 else x.mean(1))
    if kind == "flatten":
        return Call(lambda x: x.movedim(1, -1).flatten(1))
    if kind == "residual":
        return Residual(layer)
    raise ValueError(f"{layer['name']}: no kind {kind}")


def chain(layers):
    made = nn.Sequential()
    for layer in layers:
        made.add_module(layer["name"], one(layer))
    return made


def tie(network, layers, prefix=""):
    for layer in layers:
        path = prefix + layer["name"]
        if layer.get("tied"):
            owner = network.get_submodule(path)
            owner.weight = nn.Parameter(network.get_submodule(layer["tied"]).weight.detach().clone())
        for side in ("body", "shortcut"):
            tie(network, layer.get(side, ()), f"{path}.{side}.")


def build(layers):
    network = chain(layers)
    tie(network, layers)
    return network
