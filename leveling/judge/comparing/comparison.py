"""Walk two values side by side; the first difference wins, structure before attributes before values."""

from collections.abc import Iterator
from typing import Any

from leveling.arena.wire import TensorValue
from leveling.checks.tolerance import DEFAULT, Tolerance
from leveling.judge.comparing import structure
from leveling.judge.comparing.attributes import wrong_attributes
from leveling.judge.comparing.exact import wrong_exactly
from leveling.judge.comparing.mismatch import Mismatch
from leveling.judge.comparing.values import wrong_number, wrong_values
from leveling.judge.comparing.wording import cut

Pair = tuple[Any, Any, Any, str]


def compare(
    got: Any, want: Any, truth: Any, *, tolerance: Tolerance | None = DEFAULT, where: str = "result"
) -> Mismatch | None:
    """None when `got` is as good as `want`, else the first difference.

    `truth` is the reference's result in float64, None where there is none; where its form departs from that of `want`
    it is not used. Every part's form is looked at before any value is.
    """
    tolerance = tolerance or DEFAULT
    leaves: list[Pair] = []
    formal = next(_forms((got, want, truth, where), tolerance, leaves), None)
    if formal is not None:
        return formal
    found = (_values(*pair[:3], tolerance, pair[3]) for pair in leaves)
    return next((mismatch for mismatch in found if mismatch is not None), None)


def _forms(pair: Pair, tolerance: Tolerance, leaves: list[Pair]) -> Iterator[Mismatch]:
    """Differences of form, depth first; the pairs whose values are still to be compared gather in `leaves`."""
    got, want, truth, where = pair
    if (found := _form(got, want, tolerance, where)) is not None:
        yield found
        return
    if not isinstance(want, dict | list | tuple):
        leaves.append(pair)
        return
    for key in want if isinstance(want, dict) else range(len(want)):
        part = (got[key], want[key], _part(truth, want, key), f"{where}[{cut(repr(key), 60)}]")
        yield from _forms(part, tolerance, leaves)


def _form(got: Any, want: Any, tolerance: Tolerance, where: str) -> Mismatch | None:
    if type(want) is float and type(got) is int:
        return None
    if (found := structure.wrong_type(got, want, where)) is not None:
        return found
    if isinstance(want, dict):
        return structure.wrong_keys(got, want, where)
    if isinstance(want, list | tuple):
        found = structure.wrong_container(got, want, where) if tolerance.strict_containers else None
        return found or structure.wrong_length(got, want, where)
    return wrong_attributes(got, want, tolerance, where) if isinstance(want, TensorValue) else None


def _part(truth: Any, want: Any, key: Any) -> Any:
    if isinstance(want, dict):
        return truth.get(key) if isinstance(truth, dict) else None
    fits = isinstance(truth, list | tuple) and len(truth) == len(want)
    return truth[key] if fits else None


def _values(got: Any, want: Any, truth: Any, tolerance: Tolerance, where: str) -> Mismatch | None:
    if isinstance(want, TensorValue):
        return wrong_values(got, want, truth if isinstance(truth, TensorValue) else None, tolerance, where)
    if isinstance(want, float | complex):
        numeric = truth if isinstance(truth, float | complex) else None
        return wrong_number(got, want, numeric, tolerance, where)
    return wrong_exactly(got, want, where)
