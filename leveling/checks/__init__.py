"""The vocabulary in which quest authors write `checks.py`. See docs/writing-quests.md."""

from leveling.arena.reporting import report
from leveling.checks.base import Asked, Caller, Case, Check, Question, Workload, Wrong, case, expect
from leveling.checks.drawing import Draw
from leveling.checks.probing import (
    cotangent,
    fill_parameters,
    gradients,
    kind_raised,
    parameter_gradients,
    raised,
    same_bits,
    set_parameters,
    shares_memory,
    state_values,
)
from leveling.checks.ranks import process_group
from leveling.checks.tolerance import Tolerance

__all__ = [
    "Asked",
    "Caller",
    "Case",
    "Check",
    "Draw",
    "Question",
    "Tolerance",
    "Workload",
    "Wrong",
    "case",
    "cotangent",
    "expect",
    "fill_parameters",
    "gradients",
    "kind_raised",
    "parameter_gradients",
    "process_group",
    "raised",
    "report",
    "same_bits",
    "set_parameters",
    "shares_memory",
    "state_values",
]
