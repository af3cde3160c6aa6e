"""The network that a foreign description describes, out of torch's own parts."""

from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch.nn.functional as F
from echoes.modules.state_dict_migration import FusedAttentionWeights
from torch import Tensor, nn

Layer = dict[str, Any]


class Conv(nn.Conv2d):
    """A convolution that pads by the rule of its description before it runs without padding."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(layer["in"], layer["out"], layer["size"], layer["stride"], bias=layer["bias"])
        self.rule = layer["padding"]

    def forward(self, x: Tensor) -> Tensor:
        top, bottom = self.sides(x.shape[2])
        left, right = self.sides(x.shape[3])
        return super().forward(F.pad(x, (left, right, top, bottom)))

    def sides(self, n: int) -> tuple[int, int]:
        """Zeros before and behind n positions."""
        size, stride = self.kernel_size[0], self.stride[0]
        if self.rule == "valid":
            return 0, 0
        if self.rule == "symmetric":
            return size // 2, size // 2
        total = max((-(-n // stride) - 1) * stride + size - n, 0)  # so that ceil(n / stride) windows fit
        small, large = total // 2, total - total // 2
        return (small, large) if self.rule == "same_end" else (large, small)


class Attention(FusedAttentionWeights):
    """Self-attention (B, T, D) -> (B, T, D) on the echo's weights, qkv and out."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(layer["dim"])
        self.heads, self.causal = layer["heads"], layer["causal"]

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # each (B, heads, T, D / heads)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out(mixed.transpose(1, 2).flatten(2))


class LSTM(nn.LSTM):
    """Outputs of all steps, (B, T, in) -> (B, T, hidden)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)[0]


class GRU(nn.GRU):
    """Outputs of all steps, (B, T, in) -> (B, T, hidden)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)[0]


class Pool(nn.Module):
    """Mean over all positions, of an image or of a sequence."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3) if x.ndim == 4 else 1)


class Flatten(nn.Module):
    """(B, C, H, W) -> (B, H * W * C): the channel runs fastest, as where the weights come from."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


class Residual(nn.Module):
    """body(x) + shortcut(x); a shortcut without layers is x itself."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.body, self.shortcut = chain(layer["body"]), chain(layer["shortcut"])

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.shortcut(x)


FUNCTIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "gelu_tanh": partial(nn.GELU, approximate="tanh"), "silu": nn.SiLU}
PARTS = {
    "embed": lambda layer: nn.Embedding(layer["vocab"], layer["dim"]),
    "dense": lambda layer: nn.Linear(layer["in"], layer["out"], layer["bias"]),
    "conv": Conv,
    "batchnorm": lambda layer: nn.BatchNorm2d(layer["dim"], layer["epsilon"]),
    "layernorm": lambda layer: nn.LayerNorm(layer["dim"], layer["epsilon"]),
    "activation": lambda layer: FUNCTIONS[layer["function"]](),
    "attention": Attention,
    "lstm": lambda layer: LSTM(layer["in"], layer["hidden"], batch_first=True),
    "gru": lambda layer: GRU(layer["in"], layer["hidden"], batch_first=True),
    "pool": lambda layer: Pool(),
    "flatten": lambda layer: Flatten(),
    "residual": Residual,
}


def chain(layers: list[Layer]) -> nn.Sequential:
    """The layers one after the other, each under its name."""
    made: OrderedDict[str, nn.Module] = OrderedDict()
    for layer in layers:
        if layer["kind"] not in PARTS:
            raise ValueError(f"layer {layer['name']!r} is of unknown kind {layer['kind']!r}")
        made[layer["name"]] = PARTS[layer["kind"]](layer)
    return nn.Sequential(made)


def walk(layers: list[Layer], prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Each layer with its dotted path; those inside a residual before it."""
    for layer in layers:
        path = prefix + layer["name"]
        for side in ("body", "shortcut"):
            yield from walk(layer.get(side, []), f"{path}.{side}.")
        yield path, layer


def build(layers: list[Layer]) -> nn.Module:
    """The network; what is tied holds one and the same Parameter.

    Raises:
        ValueError: for a kind that nobody knows, naming the layer and the kind.
    """
    network = chain(layers)
    for path, layer in walk(layers):
        if "tied" in layer:
            network.get_submodule(path).weight = network.get_submodule(layer["tied"]).weight
    return network
