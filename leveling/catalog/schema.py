"""quest.toml and dungeon.toml as they may be written. The format's version is the field `format`."""

import keyword
import sys
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from leveling.world.words import Kind, Rank

NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
TAKEN = sys.stdlib_module_names | {
    "torch",
    "numpy",
    "leveling",
    "echoes",
    "solution",
}  # no name for a file of a learner's
QuestId = Annotated[str, StringConstraints(pattern=rf"^{NAME}/{NAME}$")]
KebabName = Annotated[str, StringConstraints(pattern=rf"^{NAME}$")]
Dotted = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$")]
Sentence = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

GateKind = Literal[
    "throughput",
    "memory",
    "saved",
    "ops",
    "reads",
    "flops",
    "launches",
    "graph_breaks",
    "recompiles",
    "params",
    "quality",
    "file_size",
    "comm",
    "collectives",
    "lines",
    "calls",
    "seconds",
]


class Strict(BaseModel):
    """Unknown keys are faults: a misspelt key must never be silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ForbidTable(Strict):
    """A forbidden name with the functions in which it is allowed all the same."""

    name: Dotted
    allowed_in: tuple[str, ...] = ()
    why: str = ""


class LimitsTable(Strict):
    """What an attempt may use: seconds, MiB, child processes, loopback network."""

    seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    memory: Annotated[int, Field(ge=64, le=65536)] = 4096
    output: Annotated[int, Field(ge=1, le=32)] = 1
    scratch: Annotated[int, Field(ge=0, le=8192)] = 0
    processes: Annotated[int, Field(ge=0, le=64)] = 0
    network: bool = False


class GateTable(Strict):
    """One limit, see docs/writing-quests.md."""

    kind: GateKind
    device: Literal["cpu", "cuda"]
    on: Annotated[str, StringConstraints(pattern=r"^[A-Z]\w*$")]
    limit: float = Field(ge=0)
    unit: str = "reference"
    plus: float = 0.0
    against: str = ""
    required: bool = True
    why: str = ""


class WrongTable(Strict):
    """A known wrong solution: the check or gate that must catch it first, and what it believes."""

    caught_by: Sentence
    says: Sentence


class RightTable(Strict):
    """Checks that a right solution may fail all the same, with the reason."""

    waive: dict[str, Sentence] = {}


class QuestFile(Strict):
    """quest.toml, format 1."""

    format: Literal[1]
    title: Sentence
    rank: Rank
    kind: Kind
    minutes: int = Field(ge=1, le=1000)
    learns: Sentence
    signature: tuple[Sentence, ...] = ()
    needs: tuple[QuestId, ...] = ()
    covers: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    packages: tuple[Dotted, ...] = ()
    extra: str = ""
    preload: tuple[Dotted, ...] = ()
    forbid: tuple[ForbidTable, ...] = ()
    forbid_ops: tuple[str, ...] = ()
    limits: LimitsTable = LimitsTable()
    gates: tuple[GateTable, ...] = ()
    wrong: dict[KebabName, WrongTable] = {}
    right: dict[KebabName, RightTable] = {}
    equivalent: dict[str, Sentence] = {}

    @field_validator("forbid", mode="before")
    @classmethod
    def _names_alone(cls, value: object) -> object:
        """A plain string is the table with that name."""
        if isinstance(value, list):
            return [{"name": item} if isinstance(item, str) else item for item in value]
        return value

    @model_validator(mode="after")
    def _whole(self) -> "QuestFile":
        if self.kind is Kind.DUNGEON:
            raise ValueError("kind is none of a quest: a dungeon has a dungeon.toml of its own")
        if self.packages and not self.extra:
            raise ValueError("extra is missing: packages are named, so say which optional extra brings them")
        if self.kind is Kind.QUIZ and (self.gates or self.wrong):
            raise ValueError("a quiz has neither gates nor wrong solutions: its answers are in checks.py")
        return self


class PaperCard(Strict):
    """What a dungeon built on a paper tells about it."""

    title: Sentence
    objective: Sentence
    key_learnings: tuple[Sentence, ...] = ()
    focus: Sentence
    extensions: tuple[Sentence, ...] = ()


class DungeonFile(Strict):
    """dungeon.toml, format 1. `floors` are the folders beside it, from the lowest to the boss; each is written like a quest."""

    format: Literal[1]
    title: Sentence
    rank: Rank
    builds: Sentence
    data: str = ""
    needs: tuple[QuestId, ...] = ()
    echoes: tuple[QuestId, ...] = ()
    covers: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    packages: tuple[Dotted, ...] = ()
    extra: str = ""
    paper: PaperCard | None = None
    floors: tuple[KebabName, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _floors_can_be_imported(self) -> "DungeonFile":
        if len(set(self.floors)) < len(self.floors):
            raise ValueError("two floors have the same name")
        for name in self.floors:
            module = name.replace("-", "_")
            if module in TAKEN or keyword.iskeyword(module) or not module.isidentifier():
                raise ValueError(
                    f"the floor {name!r} cannot be imported as {module}: the name is taken, choose another"
                )
        return self
