"""Three architectures from descriptions: a gated convolutional mixer, a dense-skip residual net, a set network."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Network(nn.Module):
    """One of three architectures, by config["kind"]; all of them are stem, blocks (or stages), norm, mean, head."""

    def __init__(self, config: dict) -> None:
        super().__init__()
        self.kind = config["kind"]
        width = config["width"]
        if self.kind == "mixer":
            self.stem = nn.Conv2d(config["input"][0], width, 1)
            self.blocks = nn.ModuleList(MixerBlock(config) for _ in range(config["depth"]))
            self.norm = nn.LayerNorm(width)
        elif self.kind == "dense":
            self.stem = nn.Conv2d(config["input"][0], width, 3, padding=1, bias=False)
            self.stages = nn.ModuleList(DenseStage(width, depth, config["reduction"]) for depth in config["stages"])
            self.norm = nn.BatchNorm2d(width)
        elif self.kind == "set":
            self.stem = nn.Linear(config["input"][1], width)
            self.blocks = nn.ModuleList(SetBlock(width, config["expansion"]) for _ in range(config["depth"]))
            self.norm = nn.LayerNorm(width)
        else:
            raise ValueError(f"there is no kind {self.kind!r}; there are mixer, dense and set")
        self.head = nn.Linear(width, config["classes"])

    def forward(self, x: Tensor | tuple[Tensor, Tensor]) -> Tensor:
        """x (B, C, H, W); for sets elements (B, N, F) and keep (B, N) bool -> (B, classes)."""
        if self.kind == "mixer":
            return self._mixer(x)
        return self._dense(x) if self.kind == "dense" else self._set(*x)

    def _mixer(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # (B, W, H, W')
        for block in self.blocks:
            x = x + block(x)
        return self.head(over_channels(self.norm, x).mean((2, 3)))

    def _dense(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for index, stage in enumerate(self.stages):
            if index > 0:
                x = F.avg_pool2d(x, 2, ceil_mode=True)  # a window at the edge is divided by what it holds
            x = stage(x)
        return self.head(torch.relu(self.norm(x)).mean((2, 3)))

    def _set(self, elements: Tensor, keep: Tensor) -> Tensor:
        keep = keep[..., None]  # (B, N, 1)
        x = self.stem(elements.masked_fill(~keep, 0))  # NaN times 0 would be NaN
        for block in self.blocks:
            x = block(x, keep)
        total = self.norm(x).masked_fill(~keep, 0).sum(1)  # (B, W)
        return self.head(total / keep.sum(1).clamp(min=1))  # an empty set has the mean 0


class MixerBlock(nn.Module):
    """A gate times its neighbourhood, as a convolution that wraps around: what the block adds to x."""

    def __init__(self, config: dict) -> None:
        super().__init__()
        width, hidden = config["width"], config["expansion"] * config["width"]
        self.kernel = config["kernel"]
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Conv2d(width, 2 * hidden, 1)
        self.mix = nn.Conv2d(hidden, hidden, self.kernel, groups=hidden)
        self.project = nn.Conv2d(hidden, width, 1)
        self.scale = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.expand(over_channels(self.norm, x)).chunk(2, 1)  # (B, hidden, H, W) each
        y = F.silu(gate) * self.mix(wrapped(value, self.kernel // 2))
        return self.scale[:, None, None] * self.project(y)


class DenseStage(nn.Module):
    """Every block reads the stage's input and all earlier blocks, the oldest first; so does the convolution `join`."""

    def __init__(self, width: int, depth: int, reduction: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(DenseBlock((index + 1) * width, width, reduction) for index in range(depth))
        self.join = nn.Conv2d((depth + 1) * width, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        features = [x]
        for block in self.blocks:
            features.append(block(torch.cat(features, 1)))
        return self.join(torch.cat(features, 1))


class DenseBlock(nn.Module):
    """(B, inputs, H, W) -> (B, width, H, W): a residual branch with squeeze-excite behind its last norm."""

    def __init__(self, inputs: int, width: int, reduction: int) -> None:
        super().__init__()
        hidden = max(1, width // reduction)
        self.reduce = nn.Conv2d(inputs, width, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.squeeze = nn.Linear(width, hidden)
        self.excite = nn.Linear(hidden, width)

    def forward(self, z: Tensor) -> Tensor:
        r = self.reduce(z)
        y = self.norm2(self.conv(torch.relu(self.norm1(r))))
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(y.mean((2, 3))))))  # (B, width)
        return r + y * gate[:, :, None, None]


class SetBlock(nn.Module):
    """Mixing without attention (AFT-simple, arXiv 2105.14103), then an MLP for each element."""

    def __init__(self, width: int, expansion: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.mix = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.expand = nn.Linear(width, expansion * width)
        self.contract = nn.Linear(expansion * width, width)

    def forward(self, x: Tensor, keep: Tensor) -> Tensor:
        q, k, v = self.mix(self.norm1(x)).chunk(3, -1)  # (B, N, W) each
        # the lowest number instead of -inf: a set of which nothing is kept stays finite until the mean leaves it out
        shares = k.masked_fill(~keep, torch.finfo(k.dtype).min).softmax(1)
        context = (shares * v).sum(1, keepdim=True)  # (B, 1, W)
        x = x + self.project(torch.sigmoid(q) * context)
        return x + self.contract(F.gelu(self.expand(self.norm2(x))))


def over_channels(norm: nn.LayerNorm, x: Tensor) -> Tensor:
    """x (B, C, H, W) normalised over C, position by position."""
    return norm(x.movedim(1, -1)).movedim(-1, 1)


def wrapped(x: Tensor, reach: int) -> Tensor:
    """x (B, C, H, W) with `reach` rows and columns more on each side, taken from the other side, however small x is."""
    rows, columns = (torch.arange(-reach, size + reach, device=x.device) % size for size in x.shape[2:])
    return x[:, :, rows][..., columns]


def summary(config: dict) -> dict:
    """Parameters, output shape, multiply-adds of convolutions and linear layers for one sample; nothing is built."""
    count = {"mixer": _count_mixer, "dense": _count_dense, "set": _count_set}[config["kind"]]
    params, macs = count(config)
    width, classes = config["width"], config["classes"]
    return {
        "params": params + width * classes + classes,
        "output_shape": (classes,),
        "macs": macs + width * classes,
    }


def _count_mixer(config: dict) -> tuple[int, int]:
    """Parameters and multiply-adds without the head."""
    channels, height, breadth = config["input"]
    width, hidden = config["width"], config["expansion"] * config["width"]
    maps = 2 * width * hidden + hidden * config["kernel"] ** 2 + hidden * width  # expand, mix, project
    block = maps + 2 * hidden + hidden + width + 3 * width  # their biases; norm and scale
    params = channels * width + width + config["depth"] * block + 2 * width
    return params, height * breadth * (channels * width + config["depth"] * maps)


def _count_dense(config: dict) -> tuple[int, int]:
    """Parameters and multiply-adds without the head."""
    channels, height, breadth = config["input"]
    width, hidden = config["width"], max(1, config["width"] // config["reduction"])
    params, macs = 9 * channels * width, height * breadth * 9 * channels * width
    for index, depth in enumerate(config["stages"]):
        if index > 0:
            height, breadth = (height + 1) // 2, (breadth + 1) // 2
        joined = sum(range(depth + 2)) * width * width  # every reduce, and join
        convolutions, gates = joined + depth * 9 * width * width, depth * 2 * width * hidden
        params += convolutions + gates + depth * (hidden + width + 4 * width)  # gate biases, two norms
        macs += height * breadth * convolutions + gates
    return params + 2 * width, macs


def _count_set(config: dict) -> tuple[int, int]:
    """Parameters and multiply-adds without the head."""
    elements, features = config["input"]
    width, hidden = config["width"], config["expansion"] * config["width"]
    maps = 3 * width * width + width * width + 2 * width * hidden  # mix, project, expand and contract
    block = maps + 3 * width + width + hidden + width + 4 * width  # their biases; two norms
    params = features * width + width + config["depth"] * block + 2 * width
    return params, elements * (features * width + config["depth"] * maps)
