"""What front and judge say to each other: one JSON object a line, both ways. No torch here.

Front to judge:   {"do": "attempt", "id": 3, "job": {...}} | {"do": "warm", "preload": [...]} | {"do": "cancel", "id": 3} | {"do": "quit"}
Judge to front:   {"id": 3, "event": "...", ...}; the last event of an attempt is "verdict".
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from leveling.world.quest import Quest
from leveling.world.words import CheckStatus, GateStatus, Grade, Verdict

JSON = dict[str, Any]
Modules = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt to judge: the quest, the learner's source and how to judge it.

    `gates`: "all", "first" (all up to the first that refuses), "counted" (exact counts only) or "none". `seed` None draws a
    secret one.
    `only`: names of the checks to run, empty for all; `part`: only the checks of one drill. With `every` no failure ends the
    attempt: what is left out is only what by its own word comes `after` a check that failed.
    `echoes`: (module, text, path) of what the source may import besides what is installed: the learner's earlier clears,
    and in a dungeon the other files of the project. `lent`: the same for the author's solutions (reference, wrong ones).
    `keep`: a name under which the reference's answers are kept for later jobs of the same name, quest and seed; none when empty.
    """

    quest: Quest
    source: str
    path: str
    device: str = "cpu"
    seed: int | None = None
    gates: str = "all"
    only: tuple[str, ...] = ()
    diagnose: bool = True
    part: str = ""
    every: bool = False
    echoes: Modules = ()
    lent: Modules = ()
    keep: str = ""

    def to_json(self) -> JSON:
        """Plain values; the folder as text."""
        value = asdict(self)
        value["quest"]["folder"] = str(self.quest.folder)
        return value


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one check ended and, if it failed, what the learner reads."""

    name: str
    status: CheckStatus
    says: str = ""
    message: str = ""
    part: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class GateResult:
    """How one gate ended: measured against limit in `unit`, with the two figures behind the ratio.

    `against` names the opponent where it is not the reference.
    `word` is set when measuring showed the solution failing in another way than over the limit: wrong at scale, a crash, no end.
    """

    gate: str
    device: str
    status: GateStatus
    measured: float | None
    limit: float
    unit: str
    message: str = ""
    on: str = ""
    required: bool = True
    yours: float | None = None
    theirs: float | None = None
    word: Verdict | None = None
    against: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The sum of an attempt. `cause` is one line; the failing check or gate carries the rest."""

    quest: str
    verdict: Verdict
    cause: str
    checks: tuple[CheckResult, ...] = ()
    gates: tuple[GateResult, ...] = ()
    grade: Grade | None = None
    seed: int = 0
    device: str = "cpu"
    seconds: float = 0.0
    output: str = ""
    diagnosis: str = ""
    sandbox: tuple[str, ...] = field(default=())

    def to_json(self) -> JSON:
        """Plain values, enums as their words."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: JSON) -> "Judgement":
        """Read back what `to_json` wrote; unknown keys are ignored so that a newer judge can speak to an older front."""
        known = {key: value[key] for key in cls.__dataclass_fields__ if key in value}
        known["verdict"] = Verdict(known["verdict"])
        known["grade"] = Grade(known["grade"]) if known.get("grade") else None
        known["checks"] = tuple(
            CheckResult(**{**check, "status": CheckStatus(check["status"])}) for check in known.get("checks", ())
        )
        known["gates"] = tuple(gate_from_json(gate) for gate in known.get("gates", ()))
        known["sandbox"] = tuple(known.get("sandbox", ()))
        return cls(**known)


def gate_from_json(value: JSON) -> GateResult:
    """One gate's result, from an event or from a judgement."""
    facts = {name: value[name] for name in GateResult.__dataclass_fields__ if name in value}
    word = facts.get("word")
    return GateResult(**{**facts, "status": GateStatus(facts["status"]), "word": Verdict(word) if word else None})
