"""From gates to words: which verdict a failed gate means, and which grade a clear has earned."""

from collections.abc import Sequence

from leveling.judge.protocol import GateResult
from leveling.world.words import GateStatus, Grade, Verdict

HUNGRY = frozenset(("memory", "saved", "params", "file_size"))
AHEAD = 0.95
WRONG = frozenset(("quality",))


def verdict_of_gate(gate: GateResult) -> Verdict:
    """too_hungry for what is measured in bytes or parameters, wrong for quality, too_slow for everything like time."""
    if gate.word is not None:
        return gate.word
    if gate.gate in HUNGRY:
        return Verdict.TOO_HUNGRY
    return Verdict.WRONG if gate.gate in WRONG else Verdict.TOO_SLOW


def cause_of_gate(gate: GateResult) -> str:
    """One line for the verdict."""
    return gate.message.strip().split("\n", 1)[0] or f"{gate.gate}({gate.device}) is over its limit"


def grade_of(gates: Sequence[GateResult]) -> Grade:
    """C: correct. B: one gate passed. A: every gate of this device passed. S: A, and ahead of the reference on one.

    Sealed gates count neither way; a noisy one is not passed but does not stand against grade B.
    """
    judged = [gate for gate in gates if gate.status is not GateStatus.SEALED]
    passed = [gate for gate in judged if gate.status is GateStatus.PASSED]
    if judged and not passed:
        return Grade.C
    if len(passed) < len(judged):
        return Grade.B
    ahead = any(
        not gate.against and gate.yours is not None and gate.theirs is not None and gate.yours < gate.theirs * AHEAD
        for gate in passed
    )
    return Grade.S if ahead else Grade.A
