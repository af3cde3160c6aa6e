"""The coach's review and the measured figures as texts."""

from collections.abc import Iterator

from textual.content import Content

from leveling.coach import Remark, Review
from leveling.judge.protocol import Judgement
from leveling.tui.widgets.judging_gates import gate_line
from leveling.tui.widgets.judging_signs import verdict_line
from leveling.world.words import GateStatus


def review_parts(review: Review) -> Iterator[Content]:
    """Remarks with line, why and better; what differs in the ops; what is still to win."""
    if review.is_spotless:
        yield Content.assemble(("✓ ", "$success"), "Nothing to remark on.")
    for remark in (*review.remarks, *review.architecture):
        yield _remark(remark)
    if review.calls:
        yield Content.assemble(("Beside the reference\n", "bold"), review.calls)
    if review.challenges:
        yield Content.assemble(("Still to win\n", "bold"), "\n".join(f"· {each}" for each in review.challenges))


def _remark(remark: Remark) -> Content:
    return Content.assemble(
        (f"line {remark.line:<4}", "$primary bold"),
        (remark.text, "bold"),
        f"\n{remark.why}",
        (f"\n→ {remark.better}", "$accent"),
    )


def measured_parts(judgement: Judgement, review: Review, width: int) -> Iterator[Content]:
    """The verdict with its seed, every gate with its bar, then what the figures say in words."""
    yield verdict_line(judgement)
    judged = [gate for gate in judgement.gates if gate.status is not GateStatus.SEALED]
    if not judgement.gates:
        yield Content.styled("This quest has no gates: correct is all it asks.", "$quiet")
    longest = max((len(f"{gate.gate} ({gate.device})") for gate in judged), default=0)
    if judged:
        yield Content("\n").join([gate_line(gate, f"{gate.gate} ({gate.device})", longest, width) for gate in judged])
    for each in review.measured:
        yield Content(each.text)
    for text in review.sealed:
        yield Content.styled(f"◇ {text}", "$quiet")
