"""The generic battery: what every numeric quest must survive, derived from its own checks' first cases.

The same values in another layout, in float64, and called a second time. Inputs left unchanged is part of every check.
"""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import torch

from leveling.checks.base import Case, Check
from leveling.checks.drawing import Draw
from leveling.judge.calling import Sides, upcast
from leveling.judge.findings import Finding
from leveling.judge.running import drawn_cases, has_float_tensor, run_cases
from leveling.judge.suite import JudgeFault

NAME = "battery"
SAYS = "Holds as well for non-contiguous inputs, in float64, and when called twice."
MAX_CHECKS = 3


def suited(checks: tuple[type[Check], ...]) -> list[type[Check]]:
    """The checks whose first case the battery varies: plain comparisons, the first of each part, a few at most."""
    chosen: dict[str, type[Check]] = {}
    free: list[type[Check]] = []
    for check in checks:
        if not (check.compare and check.battery) or check.conducted() or check.changes or check.scratch:
            continue
        if check.part:
            chosen.setdefault(check.part, check)
        elif len(free) < MAX_CHECKS:
            free.append(check)
    return [*free, *chosen.values()]


def run_battery(check: type[Check], sides: Sides, seed: int) -> Finding | None:
    """None when the solution survives every variation of this check's first case that the reference survives."""
    stream = f"{seed}:{check.name()}:battery"
    first = next((case for case in drawn_cases(check(), stream) if has_float_tensor(case.inputs)), None)
    if first is None:
        return None
    cases = list(_variations(first, Draw(stream)))
    try:
        return run_cases(check(), sides, [(case, 1) for case in cases])
    except JudgeFault:  # the reference itself does not take one of them: the quest does not ask for that one
        return _one_by_one(check, sides, cases)


def _variations(first: Case, draw: Draw) -> Iterator[Case]:
    for label, inputs in (
        ("the same values, not contiguous", {name: _strided(draw, value) for name, value in first.inputs.items()}),
        ("float64", upcast(first.inputs)),
        ("called a second time", first.inputs),
    ):
        yield Case(f"{first.label}, {label}" if first.label else label, inputs)


def _one_by_one(check: type[Check], sides: Sides, cases: Iterable[Case]) -> Finding | None:
    for case in cases:
        with contextlib.suppress(JudgeFault):
            if (finding := run_cases(check(), sides, [(case, 1)])) is not None:
                return finding
    return None


def _strided(draw: Draw, value: Any) -> Any:
    return draw.strided(value) if isinstance(value, torch.Tensor) else value
