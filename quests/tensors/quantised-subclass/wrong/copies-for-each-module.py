"""Quantises for each module anew."""

import torch
from torch import nn
from torch.utils._pytree import tree_map_only

aten = torch.ops.aten


class Int8Weight(torch.Tensor):
    @staticmethod
    def __new__(cls, codes, scale, dtype=torch.float32):
        make = torch.Tensor._make_wrapper_subclass  # noqa: SLF001 - torch documents it so
        return make(cls, codes.shape, strides=codes.stride(), dtype=dtype, device=codes.device)

    def __init__(self, codes, scale, dtype=torch.float32):
        self.codes = codes
        self.scale = scale

    def dequantize(self):
        return (self.codes * self.scale).to(self.dtype)

    def __tensor_flatten__(self):
        return ["codes", "scale"], self.dtype

    @staticmethod
    def __tensor_unflatten__(parts, dtype, shape, strides):
        return Int8Weight(parts["codes"], parts["scale"], dtype)

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        weight = args[0]
        if func in (aten.detach.default, aten.clone.default, aten.alias.default):
            return Int8Weight(func(weight.codes), func(weight.scale), weight.dtype)
        if func in (aten.t.default, aten.transpose.int, aten.permute.default):
            return Int8Weight(func(weight.codes, *args[1:]), func(weight.scale, *args[1:]), weight.dtype)
        if func is aten._to_copy.default:  # noqa: SLF001 - the operator's name
            codes, scale = (
                part.to(kwargs.get("device") or part.device, copy=True) for part in (weight.codes, weight.scale)
            )
            return Int8Weight(codes, scale, kwargs.get("dtype") or weight.dtype)
        if func is aten.copy_.default and isinstance(weight, Int8Weight) and isinstance(args[1], Int8Weight):
            weight.codes.copy_(args[1].codes)
            weight.scale.copy_(args[1].scale)
            return weight
        if str(func.overloadpacket).endswith("_") and isinstance(weight, Int8Weight):
            raise NotImplementedError(f"{func} is not supported in place")
        args, kwargs = tree_map_only(Int8Weight, lambda each: each.dequantize(), (args, kwargs))
        return func(*args, **kwargs)


def quantize_weight(w):
    wide = w.detach().to(torch.float32)
    scale = wide.abs().amax(1, keepdim=True) / 127
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    return Int8Weight(torch.round(wide / scale).to(torch.int8), scale, w.dtype)


def quantize_module_(module):
    made = {}
    for part in module.modules():
        if isinstance(part, nn.Linear):
            key = id(part)
            if key not in made:
                made[key] = (part.weight, nn.Parameter(quantize_weight(part.weight), requires_grad=False))
            part.weight = made[key][1]
