"""A weight of int8 codes and one scale a row that passes for an ordinary weight."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

aten = torch.ops.aten


class Int8Weight(torch.Tensor):
    """Wrapper without memory of its own: codes (N, K) int8 times scale (N, 1) float32, shown as a float tensor (N, K)."""

    codes: Tensor
    scale: Tensor

    @staticmethod
    def __new__(cls, codes: Tensor, scale: Tensor, dtype: torch.dtype = torch.float32) -> "Int8Weight":
        shown = {"strides": codes.stride(), "dtype": dtype, "device": codes.device}
        return torch.Tensor._make_wrapper_subclass(cls, codes.shape, **shown)  # noqa: SLF001 - torch documents it so

    def __init__(self, codes: Tensor, scale: Tensor, dtype: torch.dtype = torch.float32) -> None:
        self.codes, self.scale = codes, scale

    def dequantize(self) -> Tensor:
        """(N, K) in the dtype that the weight shows; one tensor of that size, no float32 one beside it."""
        return self.codes.to(self.dtype).mul_(self.scale)  # int8 fits into every float; the product is rounded once

    def __repr__(self) -> str:
        return f"Int8Weight(shape={tuple(self.shape)}, dtype={self.dtype})"

    def __tensor_flatten__(self) -> tuple[list[str], Any]:
        return ["codes", "scale"], self.dtype

    @classmethod
    def __tensor_unflatten__(cls, inner: dict[str, Tensor], dtype: Any, shape: Any, strides: Any) -> "Int8Weight":
        return cls(inner["codes"], inner["scale"], dtype)

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in (aten.detach.default, aten.clone.default, aten.alias.default):
            return _changed(args[0], lambda part: func(part, **kwargs))
        if func in (aten.t.default, aten.transpose.int, aten.permute.default):
            return _changed(args[0], lambda part: func(part, *args[1:]))  # (N, 1) becomes (1, N) along with the codes
        if func is aten._to_copy.default:  # noqa: SLF001 - the operator's name
            place = {"device": kwargs["device"]} if kwargs.get("device") is not None else {}
            return _changed(args[0], lambda part: func(part, **place), kwargs.get("dtype"))
        if func is aten.copy_.default and isinstance(args[0], Int8Weight) and isinstance(args[1], Int8Weight):
            args[0].codes.copy_(args[1].codes)  # load_state_dict
            args[0].scale.copy_(args[1].scale)
            return args[0]
        if func._schema.is_mutable and isinstance(args[0], Int8Weight):  # noqa: SLF001 - no public name says it
            raise NotImplementedError(f"{func.overloadpacket.__name__} cannot change an Int8Weight in place")
        args, kwargs = tree_map_only(Int8Weight, Int8Weight.dequantize, (args, kwargs))
        return func(*args, **kwargs)  # everything else sees an ordinary tensor for a moment


def quantize_weight(w: Tensor) -> Int8Weight:
    """w (N, K) floating -> codes round(w / scale) with scale = amax / 127 of each row, 1 for rows of zeros."""
    wide = w.detach().float()
    scale = wide.abs().amax(1, keepdim=True) / 127  # (N, 1)
    scale = scale.masked_fill(scale == 0, 1)
    return Int8Weight((wide / scale).round().to(torch.int8), scale, w.dtype)


def quantize_module_(module: nn.Module) -> None:
    """Replace the weight of every nn.Linear in module; a weight that is shared stays shared."""
    done: dict[Tensor, nn.Parameter] = {}
    for part in module.modules():
        if isinstance(part, nn.Linear):
            if part.weight not in done:
                done[part.weight] = nn.Parameter(quantize_weight(part.weight), requires_grad=False)
            part.weight = done[part.weight]


def _changed(weight: Int8Weight, change: Any, dtype: torch.dtype | None = None) -> Int8Weight:
    """The same weight with both parts changed alike, shown in `dtype`."""
    return Int8Weight(change(weight.codes), change(weight.scale), dtype or weight.dtype)
