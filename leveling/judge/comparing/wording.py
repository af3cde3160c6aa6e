"""How values, numbers and places are written in messages."""

from typing import Any

import torch
from torch import Tensor

from leveling.arena.wire import NAMES, Foreign, TensorValue

SMALL = 12
LONG_TEXT = 60
LONG_LINE = 160


def summary(value: Any) -> str:
    """One line on an input or result: `float32 (2, 3, 7), requires_grad`, a number, a text cut short."""
    return cut(_summary(value, 0), LONG_LINE)


def _summary(value: Any, depth: int) -> str:
    if isinstance(value, TensorValue):
        return _tensor(value.tensor, value.requires_grad, value.device, value.kind)
    if isinstance(value, Tensor):
        kind = "Parameter" if isinstance(value, torch.nn.Parameter) else "Tensor"
        return _tensor(value.detach(), value.requires_grad, str(value.device), kind)
    if isinstance(value, Foreign):
        return f"{value.type_name} {cut(value.text, LONG_TEXT)}"
    if isinstance(value, str | bytes):
        return cut(repr(value), LONG_TEXT)
    if isinstance(value, dict):
        return _listed(
            (f"{key!r}: {_summary(item, depth + 1)}" for key, item in _few(value.items())), value, "{}", depth
        )
    if isinstance(value, list):
        return _listed((_summary(item, depth + 1) for item in _few(value)), value, "[]", depth)
    if isinstance(value, tuple):
        return _listed((_summary(item, depth + 1) for item in _few(value)), value, "()", depth)
    return cut(repr(value), LONG_TEXT)


def _few(items: Any) -> list[Any]:
    return [item for item, _ in zip(items, range(SMALL), strict=False)]


def _listed(parts: Any, whole: Any, brackets: str, depth: int) -> str:
    if depth > 2:
        return f"{type(whole).__name__} of {len(whole)}"
    more = f", ... {len(whole)} in all" if len(whole) > SMALL else ""
    comma = "," if isinstance(whole, tuple) and len(whole) == 1 else ""
    return brackets[0] + ", ".join(parts) + more + comma + brackets[1]


def _tensor(tensor: Tensor, requires_grad: bool, device: str, kind: str) -> str:
    text = f"{dtype_name(tensor.dtype)} {tuple(tensor.shape)}"
    notes = [kind] if kind != "Tensor" else []
    if requires_grad:
        notes.append("requires_grad")
    if not tensor.is_contiguous():
        notes.append(f"not contiguous, strides {tensor.stride()}")
    if device != "cpu":
        notes.append(f"on {device}")
    if 0 < tensor.numel() <= SMALL:
        notes.append("= " + _values(tensor))
    return ", ".join([text, *notes]).replace(", = ", " = ")


def _values(tensor: Tensor) -> str:
    if tensor.ndim == 0:
        return number(tensor.item(), 4)
    return "[" + ", ".join(_values(row) for row in tensor) + "]"


def dtype_name(dtype: torch.dtype) -> str:
    """Such as `float32`."""
    return NAMES.get(dtype, str(dtype).removeprefix("torch."))


def number(value: Any, digits: int = 6) -> str:
    """A number with `digits` significant digits; bools and ints in full."""
    if isinstance(value, complex):
        return f"{value.real:.{digits}g}{value.imag:+.{digits}g}j"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def two_numbers(first: Any, second: Any) -> tuple[str, str]:
    """Both with just enough digits to be told apart."""
    for digits in (5, 7, 9, 13):
        pair = number(first, digits), number(second, digits)
        if pair[0] != pair[1]:
            return pair
    return number(first, 17), number(second, 17)


def cut(text: str, length: int) -> str:
    """`text` in at most `length` characters, on one line."""
    text = text.replace("\n", "\\n")
    return text if len(text) <= length else text[: length - 3] + "..."


def index_of(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of the element at `flat` in row-major order."""
    index: list[int] = []
    for size in reversed(shape):
        index.append(flat % size)
        flat //= size
    return tuple(reversed(index))


def place(where: str, index: tuple[int, ...]) -> str:
    """Such as `result['weights'] at [1, 3]`."""
    return f"{where} at [{', '.join(map(str, index))}]" if index else where
