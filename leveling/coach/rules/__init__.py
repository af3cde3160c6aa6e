"""The rules of practice, the gravest first. docs/coach-rules.md lists them with examples, which are their tests."""

from leveling.coach.findings import Remark, Rule
from leveling.coach.rules import devices, gradients, layers, loops, numerics, python, training, waste
from leveling.coach.source import Source

RULES: tuple[Rule, ...] = (
    *layers.RULES,
    *training.RULES,
    *gradients.RULES,
    *numerics.RULES,
    *devices.RULES,
    *loops.RULES,
    *waste.RULES,
    *python.RULES,
)


def remarks_on(source: Source) -> tuple[Remark, ...]:
    """What all rules say of a file, the gravest rule first and within it in source order."""
    return tuple(remark for rule in RULES for remark in rule.remarks(source))
