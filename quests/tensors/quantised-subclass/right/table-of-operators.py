"""Independent idiom: a table of implementations filled by a decorator."""

import torch
from torch import nn
from torch.utils._pytree import tree_map_only

aten = torch.ops.aten


RULES = {}


def rule(*operators):
    def register(implementation):
        RULES.update(dict.fromkeys(operators, implementation))
        return implementation

    return register


class Int8Weight(torch.Tensor):
    def __new__(cls, codes, scale, dtype=torch.float32):
        build = torch.Tensor._make_wrapper_subclass  # noqa: SLF001 - torch documents it so
        self = build(cls, codes.size(), dtype=dtype, device=codes.device, strides=codes.stride(), requires_grad=False)
        self.codes, self.scale = codes, scale
        return self

    def __init__(self, codes, scale, dtype=torch.float32):
        pass

    def dequantize(self):
        values = torch.empty_like(self.codes, dtype=self.dtype)
        values.copy_(self.codes)
        values *= self.scale
        return values

    def __tensor_flatten__(self):
        return ("codes", "scale"), {"dtype": self.dtype}

    @staticmethod
    def __tensor_unflatten__(inner, meta, outer_size, outer_stride):
        return Int8Weight(inner["codes"], inner["scale"], **meta)

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        kwargs = {} if kwargs is None else kwargs
        if func in RULES:
            return RULES[func](func, *args, **kwargs)
        if args and isinstance(args[0], Int8Weight) and func.overloadpacket.__name__.endswith("_"):
            raise NotImplementedError(f"Int8Weight does not support {func.overloadpacket.__name__}")
        plain = [tree_map_only(Int8Weight, Int8Weight.dequantize, each) for each in (args, kwargs)]
        return func(*plain[0], **plain[1])


@rule(
    aten.detach.default,
    aten.clone.default,
    aten.alias.default,
    aten.t.default,
    aten.transpose.int,
    aten.permute.default,
)
def both_parts(func, weight, *rest, **options):
    return Int8Weight(func(weight.codes, *rest, **options), func(weight.scale, *rest, **options), weight.dtype)


@rule(aten._to_copy.default)  # noqa: SLF001 - the operator's name
def moved(func, weight, *, dtype=None, device=None, **options):
    codes, scale = weight.codes.to(device or weight.device), weight.scale.to(device or weight.device)
    return Int8Weight(codes.clone(), scale.clone(), dtype or weight.dtype)


@rule(aten.copy_.default)
def filled(func, weight, source, non_blocking=False):
    if not isinstance(weight, Int8Weight):
        return weight.copy_(source.dequantize())
    weight.codes.copy_(source.codes)
    weight.scale.copy_(source.scale)
    return weight


def quantize_weight(w):
    with torch.no_grad():
        wide = w.float()
        top = wide.abs().max(dim=1, keepdim=True).values
        scale = torch.where(top == 0, torch.ones_like(top), top / 127)
        codes = (wide / scale).round_().clamp_(-127, 127).char()
    return Int8Weight(codes, scale, w.dtype)


def quantize_module_(module):
    linears = [part for part in module.modules() if isinstance(part, nn.Linear)]
    shared = {}
    for part in linears:
        shared.setdefault(part.weight, []).append(part)
    for weight, parts in shared.items():
        new = nn.Parameter(quantize_weight(weight), requires_grad=False)
        for part in parts:
            part.weight = new
