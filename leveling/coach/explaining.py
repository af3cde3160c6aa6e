"""Why an attempt failed, in the fewest true words, and where to read on."""

import re
from dataclasses import dataclass

from leveling.coach.passages import Section, nearest_section
from leveling.judge.protocol import CheckResult, GateResult, Judgement
from leveling.world.quest import Quest
from leveling.world.words import CheckStatus, GateStatus, Verdict

__all__ = ["Explanation", "Section", "explain"]

_STAGE = re.compile(r"^## +(\d+)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A failure explained. `of` names the check or gate (empty when the file never got that far).

    `promised` is what the check holds, `found` what was seen instead, in one line. `misconception` is empty where none is known.
    `section` is the nearest part of the brief. `hint` is the stage to take next, None when all are taken or there are none.
    """

    of: str
    promised: str
    found: str
    misconception: str = ""
    section: Section | None = None
    hint: int | None = None

    @property
    def shortest(self) -> str:
        """The misconception where it is known, else what was found."""
        return self.misconception or self.found


def explain(judgement: Judgement, quest: Quest, hints_taken: int = 0) -> Explanation | None:
    """Explain a failure; None after a clear. `hints_taken`: how many hints of this quest the learner has read."""
    if judgement.verdict is Verdict.CLEARED:
        return None
    if judgement.verdict.is_ours:
        return Explanation("", "", f"The fault is ours, not yours: {first_line(judgement.cause)}")
    check = next((each for each in judgement.checks if each.status is CheckStatus.FAILED), None)
    gate = None if check else _failed_gate(judgement)
    of, promised, found = _what_failed(judgement, check, gate, quest)
    return Explanation(
        of=of,
        promised=promised,
        found=found,
        misconception=judgement.diagnosis,
        section=_section(quest, judgement, of, promised, check, gate),
        hint=_next_hint(quest, hints_taken),
    )


def _failed_gate(judgement: Judgement) -> GateResult | None:
    failed = [each for each in judgement.gates if each.status is GateStatus.FAILED]
    return next((each for each in failed if each.required), None)


def _what_failed(
    judgement: Judgement, check: CheckResult | None, gate: GateResult | None, quest: Quest
) -> tuple[str, str, str]:
    """(name, promise, finding)."""
    if check is not None:
        return check.name, check.says, first_line(judgement.cause) or _opening(check.message)
    if gate is not None:
        why = next(
            (
                spec.why
                for spec in quest.gates
                if (spec.kind, spec.device, spec.on) == (gate.gate, gate.device, gate.on)
            ),
            "",
        )
        return f"{gate.gate}({gate.device})", why, first_line(gate.message) or first_line(judgement.cause)
    return "", "", first_line(judgement.cause)


def _opening(message: str) -> str:
    """What a check's message says in one line: the call stands in the first, what was seen in the second."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return ": ".join(lines[:2])


def first_line(text: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _section(
    quest: Quest, judgement: Judgement, of: str, promised: str, check: CheckResult | None, gate: GateResult | None
) -> Section | None:
    """The part of the brief whose words are nearest to the failure."""
    try:
        brief = (quest.folder / "brief.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    words = [of.replace("-", " "), promised, judgement.diagnosis]
    if check is None and gate is None:
        words.append(judgement.cause)
    elif check is not None and judgement.verdict is not Verdict.WRONG:
        words.append(first_line(check.message))
    return nearest_section(brief, " ".join(words), prefer="at scale" if gate else "pitfalls")


def _next_hint(quest: Quest, taken: int) -> int | None:
    """The lowest stage that was not read yet."""
    try:
        stages = len(_STAGE.findall((quest.folder / "hints.md").read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        return None
    return taken + 1 if taken < stages else None
