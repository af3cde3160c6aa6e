"""The words the whole house speaks: verdicts, statuses, ranks, kinds and grades.

Standard library only. Every other room imports these instead of spelling strings.
"""

from enum import StrEnum


class Verdict(StrEnum):
    """What the judge says of an attempt. Each verdict carries a cause in its message."""

    CLEARED = "cleared"
    WRONG = "wrong"
    UNFINISHED = "unfinished"
    CRASHED = "crashed"
    TOO_SLOW = "too_slow"
    TOO_HUNGRY = "too_hungry"
    FORBIDDEN = "forbidden"
    JUDGE_FAULT = "judge_fault"

    @property
    def is_ours(self) -> bool:
        """Whether the fault lies with the judge or the quest, never with the learner."""
        return self is Verdict.JUDGE_FAULT


class CheckStatus(StrEnum):
    """How one hidden check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class GateStatus(StrEnum):
    """How one gate ended. Sealed: not measurable here. Noisy: measured, not decidable."""

    PASSED = "passed"
    FAILED = "failed"
    SEALED = "sealed"
    NOISY = "noisy"


class Rank(StrEnum):
    """Difficulty of a quest and standing of a hunter, from E (lowest) to S."""

    E = "E"
    D = "D"
    C = "C"
    B = "B"
    A = "A"
    S = "S"

    @property
    def level(self) -> int:
        """0 for E up to 5 for S, so that ranks can be ordered."""
        return "EDCBAS".index(self)


class Kind(StrEnum):
    """What shape a quest has. A report is a floor of a dungeon: Markdown whose figures the judge recomputes.

    A dungeon is a card on a path and no file's kind.
    """

    DRILLS = "drills"
    QUEST = "quest"
    REVIEW = "review"
    QUIZ = "quiz"
    TRIAL = "trial"
    REPORT = "report"
    DUNGEON = "dungeon"


class Grade(StrEnum):
    """How good a clear was: C correct, B one gate, A every gate here, S ahead of the reference."""

    C = "C"
    B = "B"
    A = "A"
    S = "S"

    @property
    def level(self) -> int:
        """0 for C up to 3 for S."""
        return "CBAS".index(self)
