"""What a quest is, as plain frozen values. Read from disk by `catalog`, judged by `judge`."""

from dataclasses import dataclass, field
from pathlib import Path

from leveling.world.words import Kind, Rank


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A name that the solution must not use, such as `torch.einsum`.

    `outside` lists functions or methods in which the name is allowed all the same.
    """

    name: str
    allowed_in: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an attempt may use. Seconds are wall-clock for the whole attempt; sizes are MiB."""

    seconds: float = 30.0
    memory: int = 4096
    output: int = 1
    scratch: int = 0
    processes: int = 0
    network: bool = False


@dataclass(frozen=True, slots=True)
class GateSpec:
    """One limit of a quest: `kind` measured on `device` while running the workload `on`.

    `limit` is read in `unit`: "reference" (times the reference in the same run), or an exact
    unit such as "ops", "bytes", "parameters", "breaks". A gate that is not `required` only lifts
    the grade. `against` names another opponent file in the quest's folder (such as `slow/loop.py`).
    """

    kind: str
    device: str
    on: str
    limit: float
    unit: str = "reference"
    plus: float = 0.0
    against: str = ""
    required: bool = True
    why: str = ""

    @property
    def name(self) -> str:
        """Such as `throughput(cpu)` or, when several watch different workloads, with the workload."""
        return f"{self.kind}({self.device}) on {self.on}"


@dataclass(frozen=True, slots=True)
class Misconception:
    """A known wrong solution: its file in `wrong/`, the check or gate that must catch it first, and what it believes."""

    name: str
    caught_by: str
    says: str


@dataclass(frozen=True, slots=True)
class Quest:
    """One quest as its author wrote it. `folder` holds brief, hints, starter, checks and reference."""

    id: str
    title: str
    rank: Rank
    kind: Kind
    minutes: int
    folder: Path
    learns: str = ""
    signature: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    extra: str = ""
    preload: tuple[str, ...] = ()
    forbid: tuple[Forbidden, ...] = ()
    forbid_ops: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    gates: tuple[GateSpec, ...] = ()
    wrong: tuple[Misconception, ...] = ()
    pack: str = "leveling"

    @property
    def gate(self) -> str:
        """The topic this quest belongs to: the part of its id before the slash."""
        return self.id.split("/", 1)[0]
