"""What came of one solution, in plain values that a journal holds and another process can send."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from leveling.judge.protocol import Judgement
from leveling.world.words import CheckStatus, Verdict

SEALED = "sealed"  # this machine cannot judge it: a package or a device is missing
REFUSED = "refused"  # no solution that could be judged: no file, no such quest
NOT_JUDGED = frozenset((SEALED, REFUSED, Verdict.JUDGE_FAULT.value))


@dataclass(frozen=True, slots=True)
class Key:
    """What decides a verdict: the quest, the SHA-256 of its folder's content and of the solution, and the device."""

    quest: str
    content: str
    solution: str
    device: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One solution's verdict. `word` is a `Verdict` or one of `SEALED` and `REFUSED`; `failed` names the first failing check.

    `gates` are plain dictionaries (gate, device, status, measured, limit, unit); `seconds` is wall-clock of the judging.
    """

    word: str
    cause: str
    grade: str = ""
    passed: int = 0
    checks: int = 0
    failed: str = ""
    gates: tuple[Mapping[str, Any], ...] = ()
    seed: int = 0
    seconds: float = 0.0
    sandbox: tuple[str, ...] = ()
    tries: int = 1

    @property
    def is_settled(self) -> bool:
        """Whether judging again would say nothing new. A fault of ours, or a lack of this machine, settles nothing."""
        return self.word not in NOT_JUDGED

    @property
    def was_weighed(self) -> bool:
        """Whether a measurement decided it, which neighbours on the machine may have disturbed."""
        return self.word in {Verdict.TOO_SLOW.value, Verdict.TOO_HUNGRY.value}

    @property
    def is_cleared(self) -> bool:
        """Whether the solution cleared its quest."""
        return self.word == Verdict.CLEARED.value

    @classmethod
    def of(cls, judgement: Judgement, tries: int = 1) -> "Outcome":
        """The part of a judgement that is kept: no output of the program, which a stranger wrote."""
        failed = [check.name for check in judgement.checks if check.status is CheckStatus.FAILED]
        gates = tuple(
            {
                "gate": gate.gate,
                "device": gate.device,
                "status": gate.status.value,
                "measured": gate.measured,
                "limit": gate.limit,
                "unit": gate.unit,
            }
            for gate in judgement.gates
        )
        return cls(
            word=judgement.verdict.value,
            cause=judgement.cause.split("\n", 1)[0],
            grade=judgement.grade.value if judgement.grade else "",
            passed=sum(check.status is CheckStatus.PASSED for check in judgement.checks),
            checks=len(judgement.checks),
            failed=failed[0] if failed else "",
            gates=gates,
            seed=judgement.seed,
            seconds=round(judgement.seconds, 4),
            sandbox=judgement.sandbox,
            tries=tries,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Outcome":
        """Read back what `to_json` wrote; unknown keys are ignored.

        Raises:
            KeyError, TypeError: when it is no outcome.
        """
        known = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        if not isinstance(known["word"], str) or not isinstance(known["cause"], str):
            raise TypeError("an outcome has a word and a cause")
        known["gates"] = tuple(dict(gate) for gate in known.get("gates", ()))
        known["sandbox"] = tuple(known.get("sandbox", ()))
        return cls(**known)
