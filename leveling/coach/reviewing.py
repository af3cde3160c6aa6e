"""A review of cleared code: what its lines say, what was measured, and what there is still to win."""

from collections.abc import Iterator
from dataclasses import dataclass

from leveling.coach.architecture import architecture_of
from leveling.coach.calls import CallDifference, call_difference
from leveling.coach.findings import Remark
from leveling.coach.rules import remarks_on
from leveling.coach.source import Source
from leveling.judge.protocol import GateResult, Judgement
from leveling.world.quest import Quest
from leveling.world.words import GateStatus, Grade, Verdict

AHEAD = 0.95  # grade S: at most this share of the reference's figure on one gate
_NOUNS = {
    "ops": "ops",
    "flops": "floating-point operations",
    "memory": "memory at the peak",
    "saved": "memory saved for the backward pass",
    "throughput": "time",
    "graph_breaks": "graph breaks",
    "recompiles": "recompilations",
    "launches": "kernel launches",
    "reads": "reads of single numbers",
    "params": "parameters",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One gate in words. `ratio` is yours over the reference's (below 1 is better); None where there is none."""

    gate: str
    device: str
    on: str
    status: GateStatus
    text: str
    ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """What to tell after a clear, each part possibly empty.

    `remarks` are on PyTorch practice, the gravest first; `architecture` on how the file is built; `calls` says which ops differ
    from the reference's; `challenges` are worth doing next in this quest; `sealed` names gates that need another machine.
    """

    grade: Grade | None
    remarks: tuple[Remark, ...] = ()
    measured: tuple[Measured, ...] = ()
    calls: str = ""
    architecture: tuple[Remark, ...] = ()
    challenges: tuple[str, ...] = ()
    sealed: tuple[str, ...] = ()

    @property
    def is_spotless(self) -> bool:
        """Whether nothing was found to remark on."""
        return not self.remarks and not self.architecture


def review(source: str, quest: Quest, judgement: Judgement) -> Review:
    """Review a learner's source after its judgement. Never raises for what the source holds.

    The reference's ops are named only after a clear. A source that does not parse gets no remarks.
    """
    parsed = _parsed(source)
    cleared = judgement.verdict is Verdict.CLEARED
    reference = _reference(quest) if cleared else None
    difference = call_difference(parsed, reference) if parsed and reference else None
    remarks, architecture = _remarks(parsed)
    return Review(
        grade=judgement.grade,
        remarks=remarks,
        measured=tuple(measured(gate) for gate in judgement.gates if gate.status is not GateStatus.SEALED),
        calls=difference.says() if difference else "",
        architecture=architecture,
        challenges=tuple(_challenges(judgement, difference, len(remarks))) if cleared else (),
        sealed=tuple(_sealed(gate) for gate in judgement.gates if gate.status is GateStatus.SEALED),
    )


def _parsed(text: str) -> Source | None:
    try:
        return Source(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: nested deeper than the parser goes
        return None


def _remarks(source: Source | None) -> tuple[tuple[Remark, ...], tuple[Remark, ...]]:
    """Remarks on practice and on architecture."""
    if source is None:
        return (), ()
    try:
        return remarks_on(source), architecture_of(source)
    except RecursionError:  # it could be read, but is nested deeper than it can be written out again
        return (), ()


def _reference(quest: Quest) -> Source | None:
    try:
        return _parsed((quest.folder / "reference.py").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def measured(gate: GateResult) -> Measured:
    """One gate's result in plain words."""
    noun = _NOUNS.get(gate.gate, gate.gate.replace("_", " "))
    ratio = gate.yours / gate.theirs if gate.yours is not None and gate.theirs else None
    if ratio is None:
        text = gate.message.strip().split("\n", 1)[0] or f"{noun}: {gate.status.value}"
    else:
        text = f"{noun} on {gate.on}: {_compared(ratio)} ({_figures(gate)})"
    if gate.status is GateStatus.NOISY:
        text += "; the clock was too restless to decide"
    return Measured(gate.gate, gate.device, gate.on, gate.status, text, ratio)


def _compared(ratio: float) -> str:
    if ratio > 1.05:
        return f"{_times(ratio)} x the reference's"
    if ratio < 1 / 1.05:
        return f"{_times(1 / ratio)} x less than the reference's"
    return "the same as the reference's"


def _times(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}" if ratio >= 2 else f"{ratio:.2f}"


def _figures(gate: GateResult) -> str:
    return f"{_amount(gate.gate, gate.yours or 0.0)} to {_amount(gate.gate, gate.theirs or 0.0)}"


def _amount(kind: str, value: float) -> str:
    if kind in {"memory", "saved", "file_size"}:
        return f"{value / 2**20:.3g} MiB" if value >= 2**20 else f"{value / 2**10:.3g} KiB"
    if kind == "throughput":
        return f"{value:.3g} s" if value >= 1 else f"{value * 1e3:.3g} ms"
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _sealed(gate: GateResult) -> str:
    reason = gate.message.strip().split("\n", 1)[0]
    where = f"{gate.gate}({gate.device}) on {gate.on}"
    return f"{where} is sealed here: {reason}" if reason else f"{where} is sealed here"


def _challenges(judgement: Judgement, difference: CallDifference | None, remarks: int) -> Iterator[str]:
    """What is still to win, the nearest first."""
    for gate in judgement.gates:
        if gate.status is GateStatus.FAILED:
            yield f"Bring {gate.gate}({gate.device}) on {gate.on} within its limit: {_distance(gate)}."
        elif gate.status is GateStatus.NOISY:
            yield f"Have {gate.gate}({gate.device}) on {gate.on} measured again on a quiet machine."
    if judgement.grade is Grade.A and (nearest := _nearest(judgement)) is not None:
        yield (
            f"Grade S asks to be 5 % ahead of the reference on one gate. Nearest is {nearest.gate}({nearest.device}) on {nearest.on}: "
            f"{_figures(nearest)}, so at most {_amount(nearest.gate, (nearest.theirs or 0.0) * AHEAD)}."
        )
    if difference is not None and difference.you_loop and not difference.they_may_loop:
        yield "Write it without a Python loop around tensor ops: the reference has none."
    if remarks:
        yield f"Mend what the review remarks on ({remarks} {'place' if remarks == 1 else 'places'}) and clear it again."


def _distance(gate: GateResult) -> str:
    if gate.measured is None:
        return gate.message.strip().split("\n", 1)[0] or "it could not be measured"
    bound = "at least" if gate.unit.startswith("at_least") else "at most"
    return f"{gate.measured:.3g} now, {bound} {gate.limit:.3g} {gate.unit}".rstrip()


def _nearest(judgement: Judgement) -> GateResult | None:
    """The gate with the smallest lead still to win."""
    passed = [
        gate
        for gate in judgement.gates
        if gate.status is GateStatus.PASSED and not gate.against and gate.yours is not None and gate.theirs
    ]
    return min(passed, key=lambda gate: (gate.yours or 0.0) / (gate.theirs or 1.0), default=None)
