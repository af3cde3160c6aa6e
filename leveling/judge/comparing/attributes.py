"""Differences in what a tensor is before any value is looked at: shape, dtype, device, requires_grad."""

import math

import torch

from leveling.arena.wire import TensorValue
from leveling.checks.tolerance import Tolerance
from leveling.judge.comparing.mismatch import Mismatch
from leveling.judge.comparing.wording import dtype_name

Shape = tuple[int, ...]
HALVES = (torch.float16, torch.bfloat16)


def wrong_attributes(got: TensorValue, want: TensorValue, tolerance: Tolerance, where: str) -> Mismatch | None:
    """The first attribute in which two tensors differ. Strides are nobody's promise and are not compared."""
    text = _shape(got, want) or _dtype(got, want) or _device(got, want)
    if not text and tolerance.check_requires_grad:
        text = _graph(got, want)
    return Mismatch("attributes", where, f"{where} {text}") if text else None


def _shape(got: TensorValue, want: TensorValue) -> str:
    have, need = tuple(got.tensor.shape), tuple(want.tensor.shape)
    if have == need:
        return ""
    why = explain_shape(have, need)
    return f"has shape {have}, expected {need}" + (f": {why}" if why else "")


def explain_shape(have: Shape, need: Shape) -> str:
    """How one shape could have become the other, when that is plain to see; else empty text."""
    explanations = (_swapped, _size_one, _summed, _flattened, _broadcast, _off_by_one)
    return next((text for explain in explanations if (text := explain(have, need))), "")


def _swapped(have: Shape, need: Shape) -> str:
    if sorted(have) != sorted(need):
        return ""
    moved = [axis for axis, (a, b) in enumerate(zip(have, need, strict=True)) if a != b]
    if len(moved) == 2:
        return f"dimensions {moved[0]} and {moved[1]} are swapped"
    return "the dimensions are in another order"


def _size_one(have: Shape, need: Shape) -> str:
    if len(have) == len(need) + 1:
        for axis, size in enumerate(have):
            if size == 1 and have[:axis] + have[axis + 1 :] == need:
                return f"dimension {axis} of size 1 is left over: squeeze({axis}), or keepdim=False"
    if len(have) == len(need) - 1:
        for axis, size in enumerate(need):
            if size == 1 and need[:axis] + need[axis + 1 :] == have:
                return f"dimension {axis} of size 1 is missing: keepdim=True or unsqueeze({axis})"
    return ""


def _summed(have: Shape, need: Shape) -> str:
    if have == ():
        return "a reduction ran over every dimension"
    for axis in range(len(need)):
        if need[:axis] + need[axis + 1 :] == have:
            return f"dimension {axis} (size {need[axis]}) is gone: was it summed, averaged or indexed away?"
    for axis in range(len(have)):
        if have[:axis] + have[axis + 1 :] == need:
            return f"dimension {axis} (size {have[axis]}) should have been reduced"
    for axis, size in enumerate(have):
        if len(have) == len(need) + 1 and sorted(have[:axis] + have[axis + 1 :]) == sorted(need):
            return f"a dimension of size {size} is too many"
    return ""


def _flattened(have: Shape, need: Shape) -> str:
    if math.prod(have) == math.prod(need) and len(have) != len(need):
        return "the number of elements is right; the dimensions are merged or split differently"
    return ""


def _broadcast(have: Shape, need: Shape) -> str:
    if len(have) == len(need):
        grown = [axis for axis, (a, b) in enumerate(zip(have, need, strict=True)) if a != b]
        if all(need[axis] == 1 for axis in grown):
            return f"dimension {grown[0]} should have size 1 (a reduction with keepdim=True)"
        if all(have[axis] == 1 for axis in grown):
            return f"dimension {grown[0]} was reduced or never broadcast"
    if len(have) > len(need) and have[-len(need) :] == need:
        return "a broadcast added dimensions in front"
    return ""


def _off_by_one(have: Shape, need: Shape) -> str:
    if len(have) != len(need):
        return ""
    moved = [(axis, a - b) for axis, (a, b) in enumerate(zip(have, need, strict=True)) if a != b]
    if len(moved) == 1 and abs(moved[0][1]) == 1:
        return f"dimension {moved[0][0]} is one too {'long' if moved[0][1] > 0 else 'short'}"
    return ""


def _dtype(got: TensorValue, want: TensorValue) -> str:
    have, need = got.tensor.dtype, want.tensor.dtype
    if have == need:
        return ""
    return f"has dtype {dtype_name(have)}, expected {dtype_name(need)}{_dtype_hint(have, need)}"


def _dtype_hint(have: torch.dtype, need: torch.dtype) -> str:
    if need.is_floating_point and have == torch.float64:
        return ": a float64 constant or tensor (NumPy's default) promoted it"
    if need in HALVES and have == torch.float32:
        return ": convert back to the dtype of the input"
    if need.is_floating_point and have == torch.float32:
        return ": a tensor was made without dtype=; take the dtype of the input"
    if need.is_floating_point and not have.is_floating_point:
        return ": whole numbers cannot hold the result"
    if need == torch.bool:
        return ": a comparison gives bool"
    if have.is_floating_point and not need.is_floating_point and not need.is_complex:
        return ": indices and counts are whole numbers; / always gives floats, // does not"
    return ""


def _device(got: TensorValue, want: TensorValue) -> str:
    if got.device == want.device:
        return ""
    return f"lies on {got.device}, expected {want.device}: make new tensors on the device of the input"


def _graph(got: TensorValue, want: TensorValue) -> str:
    if got.requires_grad or not want.requires_grad:
        return ""
    return (
        "does not require grad, expected a result that does: the graph was cut; "
        "look for .detach(), .item(), .data, torch.tensor(...) or no_grad"
    )
