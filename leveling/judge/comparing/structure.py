"""Differences of structure: another type, another number of items, other keys."""

from typing import Any

from leveling.arena.wire import Foreign, TensorValue
from leveling.judge.comparing.mismatch import Mismatch
from leveling.judge.comparing.wording import cut

_HINTS = {
    "generator": "a function that contains yield returns a generator: build a list, or return the value",
    "function": "a function was returned: was it meant to be called?",
    "method": "a method was returned: was it meant to be called, as in x.mean()?",
    "builtin_function_or_method": "a method was returned: was it meant to be called, as in x.mean()?",
    "map": "map is lazy: wrap it in list(...)",
    "zip": "zip is lazy: wrap it in list(...)",
    "range": "wrap it in list(...) or use torch.arange",
}


def wrong_type(got: Any, want: Any, where: str) -> Mismatch | None:
    """The type of `got` when it cannot stand for `want`; containers' contents are not looked at."""
    if got is None and want is not None:
        return Mismatch(
            "structure",
            where,
            f"{where} returned None, expected {a_kind(want)}: is a return missing?"
            if where == "result"
            else f"{where} is None, expected {a_kind(want)}",
        )
    if _family(got) == _family(want):
        return None
    return Mismatch("structure", where, f"{where} is {a_kind(got)}, expected {a_kind(want)}{_hint(got, want)}")


def wrong_container(got: Any, want: Any, where: str) -> Mismatch | None:
    """A list for a tuple or the reverse, for quests that care."""
    if type(got) is type(want):
        return None
    return Mismatch("structure", where, f"{where} is {a_kind(got)}, expected {a_kind(want)}")


def wrong_length(got: Any, want: Any, where: str) -> Mismatch | None:
    """More or fewer items than expected."""
    if len(got) == len(want):
        return None
    kind = type(got).__name__
    return Mismatch("structure", where, f"{where} is a {kind} with {_items(len(got))}, expected {len(want)}")


def wrong_keys(got: dict[Any, Any], want: dict[Any, Any], where: str) -> Mismatch | None:
    """Missing and unexpected keys of a dict."""
    missing = [repr(key) for key in want if key not in got]
    extra = [repr(key) for key in got if key not in want]
    if not missing and not extra:
        return None
    parts = [f"lacks the key{'s' * (len(missing) > 1)} {_several(missing)}"] if missing else []
    parts += [f"has the unexpected key{'s' * (len(extra) > 1)} {_several(extra)}"] if extra else []
    return Mismatch("structure", where, f"{where} {' and '.join(parts)}")


def a_kind(value: Any) -> str:
    """What a value is, with an article: `a tensor`, `a tuple with 2 items`, `a numpy array`."""
    match value:
        case None:
            return "None"
        case TensorValue():
            return {"Tensor": "a tensor", "Parameter": "a tensor", "numpy.ndarray": "a numpy array"}.get(
                value.kind, f"a {cut(value.kind, 60)}"
            )
        case Foreign():
            return f"a {cut(value.type_name, 80)}" if value.type_name[:1] not in "aeiou" else f"an {value.type_name}"
        case bool():
            return "a bool"
        case int():
            return f"the int {cut(str(value), 30)}"
        case float():
            return f"the float {value:.6g}"
        case dict():
            return f"a dict with {_items(len(value), 'key')}"
        case list() | tuple() | frozenset():
            kind = "set" if isinstance(value, frozenset) else type(value).__name__
            return f"a {kind} with {_items(len(value))}"
    return f"a {type(value).__name__}"


def _family(value: Any) -> str:
    """Types that may stand for one another share a family."""
    match value:
        case TensorValue():
            return "numpy array" if value.kind == "numpy.ndarray" else "tensor"
        case Foreign():
            return f"foreign {value.type_name}"
        case list() | tuple():
            return "sequence"
    return type(value).__name__


def _hint(got: Any, want: Any) -> str:
    if isinstance(got, Foreign):
        return f"; {_HINTS[got.type_name]}" if got.type_name in _HINTS else f": {cut(got.text, 80)}"
    if isinstance(want, TensorValue) and want.kind != "numpy.ndarray":
        if isinstance(got, TensorValue):
            return "; stay in torch: no .numpy()"
        if isinstance(got, bool | int | float | complex):
            return "; keep it a tensor (no .item(), no float())"
        if isinstance(got, list | tuple) and len(got) == 1:
            return "; is there a comma after the return value?" if isinstance(got, tuple) else ""
    if isinstance(got, TensorValue) and isinstance(want, bool | int | float) and got.tensor.numel() == 1:
        return "; .item() takes the number out of a tensor"
    return ""


def _items(count: int, name: str = "item") -> str:
    return f"{count} {name}{'s' * (count != 1)}"


def _several(names: list[str]) -> str:
    return ", ".join(cut(name, 60) for name in names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
