"""The source that `nulls` writes below a reference. Runs in the arena, inside the null solution; never imported by the forge."""

# ---- from here on: appended to the reference, so every name is private and every import local to it
import dataclasses as _null_dataclasses
import functools as _null_functools
import inspect as _null_inspect
import os as _null_os
from typing import Any as _NullAny

import torch as _null_torch

_null_said: list[str] = []


def _null_say(mark: str) -> None:
    if not _null_said:
        _null_said.append(mark)
        _null_os.write(1, (mark + "\n").encode())


def _null_leaves(value: _NullAny) -> list[_NullAny]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _null_leaves(item)]
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in _null_leaves(item)]
    return [value]


def _null_map(value: _NullAny, change: _NullAny) -> _NullAny:
    if isinstance(value, dict):
        changed = {key: _null_map(item, change) for key, item in value.items()}
        return changed if type(value) is dict else value
    if isinstance(value, tuple):
        items = [_null_map(item, change) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if type(value) is list:
        return [_null_map(item, change) for item in value]
    if _null_dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _null_map(getattr(value, f.name), change) for f in _null_dataclasses.fields(value) if f.init}
        return _null_dataclasses.replace(value, **fields)
    return change(value)


def _null_plain(name: str, value: _NullAny, inputs: list[_NullAny]) -> _NullAny:
    """The null of a number, a truth or a text; the value itself where there is none."""
    if name == "echo":
        return next((item for item in inputs if type(item) is type(value)), value)
    if name in ("zeros", "ones") and isinstance(value, (bool, int, float, str)):
        constant = {"zeros": "", "ones": "a"}[name] if isinstance(value, str) else {"zeros": 0, "ones": 1}[name]
        return type(value)(constant)
    return value


def _null_tensor(name: str, value: _NullAny, inputs: list[_NullAny]) -> _NullAny:
    """The null of a tensor: same shape, dtype and need of a gradient; the tensor itself where there is none."""
    torch = _null_torch
    with torch.no_grad():
        made = _null_made(name, value, inputs)
    if made is value or made is None:
        return value
    if value.requires_grad and not made.requires_grad:
        made = made.detach().requires_grad_()
    return made


def _null_made(name: str, value: _NullAny, inputs: list[_NullAny]) -> _NullAny:
    torch = _null_torch
    if name == "zeros":
        return torch.zeros_like(value)
    if name == "ones":
        return torch.ones_like(value)
    if name == "empty":
        held = [_null_poisoned(value) for _ in range(4)]
        del held
        return torch.empty_like(value)
    if name == "mean" and value.numel() > 1 and not value.is_complex():
        middle = value.double().mean()
        middle = middle if value.dtype.is_floating_point else middle.round()
        return torch.full_like(value, middle.item()) if bool(torch.isfinite(middle)) else torch.zeros_like(value)
    if name == "noise" and value.numel():
        if value.dtype.is_floating_point or value.is_complex():
            return torch.randn_like(value)
        if value.dtype == torch.bool:
            return torch.rand(value.shape) > 0.5
        low, high = int(value.min()), int(value.max())
        return torch.randint(low, high + 2, value.shape, dtype=value.dtype)
    if name == "echo":
        fitting = (x for x in inputs if isinstance(x, torch.Tensor) and x is not value)
        return next((x.to(value.dtype) for x in fitting if x.shape == value.shape), None)
    return value


def _null_poisoned(value: _NullAny) -> _NullAny:
    bad = float("nan") if value.dtype.is_floating_point or value.is_complex() else 77
    return _null_torch.full_like(value, True if value.dtype == _null_torch.bool else bad)


def _null_is_single(value: _NullAny) -> bool:
    kinds = (_null_torch.float32, _null_torch.float64)
    return isinstance(value, _null_torch.Tensor) and value.dtype in kinds


def _null_rounded(value: _NullAny, mark: str) -> _NullAny:
    """Through bfloat16 and back: what is left of a float after half precision."""
    if not _null_is_single(value):
        return value
    rounded = value.to(_null_torch.bfloat16).to(value.dtype)
    if not _null_torch.equal(rounded.detach(), value.detach()):
        _null_say(mark)
    return rounded


def _null_halved(function: _NullAny, mark: str, given: _NullAny, named: _NullAny) -> _NullAny:
    given = tuple(_null_map(item, lambda value: _null_rounded(value, mark)) for item in given)
    named = {key: _null_map(item, lambda value: _null_rounded(value, mark)) for key, item in named.items()}
    return _null_map(function(*given, **named), lambda value: _null_rounded(value, mark))


def _null_answer(name: str, mark: str, function: _NullAny, given: _NullAny, named: _NullAny) -> _NullAny:
    if name == "nothing":
        _null_say(mark)
        return None
    if name == "half":
        return _null_halved(function, mark, given, named)
    inputs = _null_leaves([list(given), named])
    result = function(*given, **named)

    def change(value: _NullAny) -> _NullAny:
        other = _null_tensor if isinstance(value, _null_torch.Tensor) else _null_plain
        made = other(name, value, inputs)
        if made is not value:
            _null_say(mark)
        return made

    return _null_map(result, change)


def _null_wrap(name: str, mark: str, function: _NullAny) -> _NullAny:
    if _null_inspect.isgeneratorfunction(function):

        @_null_functools.wraps(function)
        def items(*given: _NullAny, **named: _NullAny) -> _NullAny:
            made = _null_answer(name, mark, lambda *a, **k: list(function(*a, **k)), given, named)
            yield from made or ()

        return items

    @_null_functools.wraps(function)
    def answer(*given: _NullAny, **named: _NullAny) -> _NullAny:
        return _null_answer(name, mark, function, given, named)

    return answer


def _null_install(place: _NullAny, name: str, targets: list[str], mark: str) -> None:
    for target in targets:
        owner, _, method = target.partition(".")
        if not method:
            place[owner] = _null_wrap(name, mark, place[owner])
            continue
        held = vars(place[owner])[method]
        if isinstance(held, (staticmethod, classmethod)):
            setattr(place[owner], method, type(held)(_null_wrap(name, mark, held.__func__)))
        else:
            setattr(place[owner], method, _null_wrap(name, mark, held))
