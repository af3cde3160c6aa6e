"""What a proof of one quest found, as plain values."""

from dataclasses import asdict, dataclass, field
from typing import Any

KILL_IT = "kill it with a better check, or mark it equivalent in [equivalent] of quest.toml with a reason"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that must be mended before the quest is proved. `where` is a file, a check or a key."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Survivor:
    """A null solution or a mutant of the reference that nothing refused."""

    key: str
    line: int = 0
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class Tally:
    """How many of a sort were tried, how many were caught, how many are marked equivalent."""

    tried: int = 0
    caught: int = 0
    equivalent: int = 0

    @property
    def rate(self) -> float:
        """Caught among those that are not equivalent; 1 when there are none."""
        wanted = self.tried - self.equivalent
        return self.caught / wanted if wanted else 1.0


@dataclass(slots=True)
class Proof:
    """The sum of one proof.

    Attributes:
        sealed: why the quest cannot be proved on this machine; empty when it can.
        lines: what was shown, in order: (what, result).
        catches: per check, what it was the first to catch (file names and keys, a few).
        total_mutants: how many mutants the reference has, of which `mutants.tried` were judged.
    """

    quest: str
    kind: str = "quest"
    full: bool = False
    sealed: str = ""
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    survivors: list[Survivor] = field(default_factory=list)
    catches: dict[str, list[str]] = field(default_factory=dict)
    nulls: Tally = field(default_factory=Tally)
    mutants: Tally = field(default_factory=Tally)
    total_mutants: int = 0
    content: str = ""
    seconds: float = 0.0

    @property
    def proved(self) -> bool:
        """Whether everything held."""
        return not (self.sealed or self.faults or self.survivors)

    def fault(self, where: str, text: str) -> None:
        """Add a fault."""
        self.faults.append(Fault(where, text))

    def show(self, what: str, result: str) -> None:
        """Add a line of the table."""
        self.lines.append((what, result))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        plain = asdict(self)
        plain["lines"] = [{"what": what, "result": result} for what, result in self.lines]
        return {"proved": self.proved, "kill_rate": round(self.mutants.rate, 4), **plain}
