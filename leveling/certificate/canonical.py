"""JSON in one form only (RFC 8785, JCS), which is what is hashed and signed; and JSON read strictly.

Strict: no key twice, no number that is not finite or that a double would change. Two readers of an accepted text see the
same thing, which is what a signature is worth.
"""

import json
import math
import re
from typing import Any

LARGEST_INTEGER = (1 << 53) - 1
DEEPEST = 24
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_ESCAPED = re.compile(r'["\\\x00-\x1f]')


class NotCanonical(ValueError):
    """A value that has no canonical form, or a text that is not strict JSON."""


def canonical(value: Any) -> bytes:
    """The canonical bytes of plain values.

    Raises:
        NotCanonical: for what JSON cannot hold exactly.
    """
    try:
        return _text(value, 0).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("a text holds half a character (a lone surrogate)") from error


def parse(data: bytes) -> Any:
    """Read strict JSON.

    Raises:
        NotCanonical: with what is wrong.
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise NotCanonical(f"it is no UTF-8 text (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise NotCanonical(f"it is no JSON: {error.msg} (line {error.lineno})") from error
    except RecursionError as error:
        raise NotCanonical("it is nested too deep") from error
    canonical(value)
    return value


def _text(value: Any, depth: int) -> str:
    if depth > DEEPEST:
        raise NotCanonical("it is nested too deep")
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical(f"the number {value} is too large to be exact; write it as text")
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(each, depth + 1) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(key)}:{_text(value[key], depth + 1)}" for key in _ordered(value)) + "}"
    raise NotCanonical(f"{type(value).__name__} is nothing that JSON holds")


def _ordered(value: dict[Any, Any]) -> list[str]:
    """Keys by their UTF-16 units, as the standard asks."""
    if not all(isinstance(key, str) for key in value):
        raise NotCanonical("a key is no text")
    return sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))


def _quoted(text: str) -> str:
    return '"' + _ESCAPED.sub(lambda found: _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}", text) + '"'


def _number(value: float) -> str:
    """As ECMAScript writes a double: the shortest digits that read back, plain from 1e-6 up to 1e21."""
    if not math.isfinite(value):
        raise NotCanonical("a number is not finite")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # The value is 0.DIGITS times ten to the power of `point`.
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return sign + _laid_out(digits, point)


def _laid_out(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    power = point - 1
    rest = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{rest}e{'+' if power > 0 else '-'}{abs(power)}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise NotCanonical(f"the key {key[:40]!r} is there twice")
        found[key] = value
    return found


def _refuse_constant(name: str) -> Any:
    raise NotCanonical(f"{name} is no JSON")


def _float(text: str) -> float:
    value = float(text) if len(text) <= 64 else math.inf
    if not math.isfinite(value):
        raise NotCanonical(f"the number {text[:40]} is too large")
    return value


def _integer(text: str) -> int:
    value = int(text) if len(text) <= 20 else LARGEST_INTEGER + 1
    if abs(value) > LARGEST_INTEGER:
        raise NotCanonical(f"the number {text[:40]} is too large to be exact")
    return value
