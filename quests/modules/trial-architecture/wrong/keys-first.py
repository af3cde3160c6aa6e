"""The thirds of mix in the order k, q, v."""

import torch
from torch import nn
from torch.nn import functional as F


class Mixing(nn.Module):
    def __init__(self, width, expansion, kernel):
        super().__init__()
        hidden = width * expansion
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Conv2d(width, hidden * 2, 1)
        self.mix = nn.Conv2d(hidden, hidden, kernel, groups=hidden)
        self.project = nn.Conv2d(hidden, width, 1)
        self.scale = nn.Parameter(0.1 * torch.ones(width))

    def forward(self, x):
        y = self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        u, v = torch.tensor_split(self.expand(y), 2, dim=1)
        reach = self.mix.kernel_size[0] // 2
        for dim in (2, 3):
            places = torch.arange(-reach, v.shape[dim] + reach, device=v.device)
            v = v.index_select(dim, places.remainder(v.shape[dim]))
        y = self.mix(v) * u * torch.sigmoid(u)
        return x + self.project(y) * self.scale.view(-1, 1, 1)


class Block(nn.Module):
    def __init__(self, inputs, width, reduction):
        super().__init__()
        hidden = max(width // reduction, 1)
        self.reduce = nn.Conv2d(inputs, width, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.squeeze = nn.Linear(width, hidden)
        self.excite = nn.Linear(hidden, width)

    def forward(self, x):
        x = self.reduce(x)
        y = self.norm2(self.conv(self.norm1(x).clamp(min=0)))
        gate = self.excite(self.squeeze(y.flatten(2).mean(-1)).clamp(min=0)).sigmoid()
        return x + torch.einsum("bchw,bc->bchw", y, gate)


class Stage(nn.Module):
    def __init__(self, width, depth, reduction):
        super().__init__()
        self.blocks = nn.ModuleList([Block(width * (n + 1), width, reduction) for n in range(depth)])
        self.join = nn.Conv2d(width * (depth + 1), width, 1, bias=False)

    def forward(self, x):
        for block in self.blocks:
            x = torch.cat([x, block(x)], dim=1)
        return self.join(x)


class Aggregate(nn.Module):
    def __init__(self, width, expansion):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.expand = nn.Linear(width, expansion * width)
        self.contract = nn.Linear(expansion * width, width)

    def forward(self, x, keep):
        k, q, v = self.mix(self.norm1(x)).split(x.shape[-1], dim=-1)
        if x.shape[1]:
            top = k.detach().masked_fill(~keep, float("-inf")).amax(1, keepdim=True)
            k = k - torch.where(top.isfinite(), top, torch.zeros_like(top))
        grown = torch.exp(torch.where(keep, k, torch.full_like(k, float("-inf"))))
        total = grown.sum(1, keepdim=True)
        context = (grown * v).sum(1, keepdim=True) / torch.where(total > 0, total, torch.ones_like(total))
        x = x + self.project(q.sigmoid() * context)
        return x + self.contract(F.gelu(self.expand(self.norm2(x))))


class Network(nn.Module):
    def __init__(self, config):
        super().__init__()
        if config["kind"] not in ("mixer", "dense", "set"):
            raise ValueError(config["kind"])
        self.run = getattr(self, config["kind"])
        w, c = config["width"], config["input"][0]
        if config["kind"] == "mixer":
            self.stem, self.norm = nn.Conv2d(c, w, 1), nn.LayerNorm(w)
            each = (Mixing(w, config["expansion"], config["kernel"]) for _ in range(config["depth"]))
            self.blocks = nn.ModuleList(each)
        elif config["kind"] == "dense":
            self.stem, self.norm = nn.Conv2d(c, w, 3, padding=1, bias=False), nn.BatchNorm2d(w)
            self.stages = nn.ModuleList([Stage(w, n, config["reduction"]) for n in config["stages"]])
        else:
            self.stem, self.norm = nn.Linear(config["input"][1], w), nn.LayerNorm(w)
            self.blocks = nn.ModuleList([Aggregate(w, config["expansion"]) for _ in range(config["depth"])])
        self.head = nn.Linear(w, config["classes"])

    def forward(self, x):
        return self.head(self.run(x))

    def mixer(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x.flatten(2).mT).mean(1)

    def dense(self, x):
        x = self.stages[0](self.stem(x))
        for stage in self.stages[1:]:
            x = stage(F.avg_pool2d(x, 2, ceil_mode=True))
        return self.norm(x).clamp(min=0).flatten(2).mean(-1)

    def set(self, x):
        elements, keep = x
        x = self.stem(torch.where(keep[..., None], elements, torch.zeros_like(elements)))
        for block in self.blocks:
            x = block(x, keep[..., None])
        inside = keep.to(x.dtype)
        return torch.einsum("bnd,bn->bd", self.norm(x), inside) / inside.sum(1, keepdim=True).clamp(min=1)


def summary(config):
    w = config["width"]
    layers = []  # (inputs, outputs, how often it is applied, has it a bias); a depthwise kernel has k * k inputs
    plain = 0  # numbers of norms and scales
    if config["kind"] == "set":
        often, f = config["input"]
        e = w * config["expansion"]
        block = [(w, 3 * w), (w, w), (w, e), (e, w)]
        layers += [(i, o, often, True) for i, o in [(f, w), *block * config["depth"]]]
        plain = 2 * w + 4 * w * config["depth"]
    elif config["kind"] == "mixer":
        c, height, breadth = config["input"]
        e = w * config["expansion"]
        block = [(w, 2 * e), (config["kernel"] ** 2, e), (e, w)]
        layers += [(i, o, height * breadth, True) for i, o in [(c, w), *block * config["depth"]]]
        plain = 2 * w + 3 * w * config["depth"]
    else:
        c, height, breadth = config["input"]
        h = max(1, w // config["reduction"])
        layers.append((9 * c, w, height * breadth, False))
        for number, depth in enumerate(config["stages"]):
            if number:
                height, breadth = -(-height // 2), -(-breadth // 2)
            for n in range(depth):
                layers += [((n + 1) * w, w, height * breadth, False), (9 * w, w, height * breadth, False)]
                layers += [(w, h, 1, True), (h, w, 1, True)]
            layers.append(((depth + 1) * w, w, height * breadth, False))
        plain = 2 * w + 4 * w * sum(config["stages"])
    layers.append((w, config["classes"], 1, True))
    params = sum(i * o + o * bias for i, o, _, bias in layers) + plain
    return {"params": params, "output_shape": (config["classes"],), "macs": sum(i * o * n for i, o, n, _ in layers)}
