"""Differences of values that are either equal or not: ints, bools, texts, bytes, dtypes, sets."""

import re
from typing import Any

from leveling.arena.wire import Foreign
from leveling.judge.comparing.mismatch import Mismatch
from leveling.judge.comparing.wording import cut

CONTEXT = 20
SHORT = 40


def wrong_exactly(got: Any, want: Any, where: str) -> Mismatch | None:
    """None when equal, else where the two part."""
    if got == want:
        return None
    if isinstance(want, Foreign) and isinstance(got, Foreign):
        return _objects(got, want, where)
    if isinstance(want, str | bytes) and isinstance(got, str | bytes):
        return Mismatch("exact", where, _texts(got, want, where))
    if isinstance(want, frozenset) and isinstance(got, frozenset):
        return Mismatch("exact", where, _sets(got, want, where))
    return Mismatch("exact", where, f"{where} is {cut(repr(got), 80)}, expected {cut(repr(want), 80)}")


def _objects(got: Foreign, want: Foreign, where: str) -> Mismatch | None:
    """Objects of a type we do not know are told apart by their text, the addresses in it aside."""
    one, other = (re.sub(r"0x[0-9a-fA-F]+", "0x", each.text) for each in (got, want))
    if one == other:
        return None
    return Mismatch("exact", where, f"{where} is {cut(got.text, 80)}, expected {cut(want.text, 80)}")


def _texts(got: str | bytes, want: str | bytes, where: str) -> str:
    short = max(len(got), len(want)) <= SHORT
    head = f"{where} is {got!r}, expected {want!r}" if short else f"{where} is not the expected text"
    at = first_difference(got, want)
    if at == len(got):
        return f"{head}\n    it ends after {len(got)} of {len(want)} characters; missing: {_around(want, at)}"
    if at == len(want):
        return f"{head}\n    it goes on after the expected end at {at}: {_around(got, at)}"
    return (
        f"{head}\n    they part at index {at}: got {_around(got, at)}, expected {_around(want, at)}{_almost(got, want)}"
    )


def first_difference(first: Any, second: Any) -> int:
    """Index of the first item in which two sequences differ; the shorter one's length when one continues the other."""
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))


def _around(text: str | bytes, at: int) -> str:
    start, end = max(0, at - CONTEXT), at + CONTEXT
    return "..." * (start > 0) + repr(text[start:end]) + "..." * (end < len(text))


def _almost(got: str | bytes, want: str | bytes) -> str:
    if isinstance(got, str) and isinstance(want, str):
        if got.split() == want.split():
            return "\n    only white space differs"
        if got.casefold() == want.casefold():
            return "\n    only upper and lower case differ"
    return ""


def _sets(got: frozenset[Any], want: frozenset[Any], where: str) -> str:
    missing, extra = sorted(map(repr, want - got)), sorted(map(repr, got - want))
    parts = [f"lacks {cut(', '.join(missing), 80)}"] if missing else []
    parts += [f"holds {cut(', '.join(extra), 80)} too many"] if extra else []
    return f"{where} {' and '.join(parts)}"
