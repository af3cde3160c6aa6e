"""One piece of a portfolio."""

from dataclasses import dataclass
from datetime import date

from leveling.world.record import Clear


@dataclass(frozen=True, slots=True)
class Work:
    """One quest or floor that the learner cleared without the reference.

    `source` is empty for a quiz and where the text is lost. `place` is where it lies when that is not where a quest's lies.
    """

    quest: str
    title: str
    learns: str
    papers: tuple[str, ...]
    clear: Clear
    source: str
    attempts: int
    first_clear: date | None
    note: str = ""
    learnings: str = ""
    place: str = ""

    @property
    def gate(self) -> str:
        """The topic."""
        return self.quest.partition("/")[0]

    @property
    def stem(self) -> str:
        """A file name for what belongs to this quest, without an ending."""
        return self.quest.replace("/", "-")

    @property
    def solution(self) -> str:
        """Where its solution lies in the portfolio; empty when there is none."""
        if self.place or not self.source:
            return self.place
        name = self.quest.partition("/")[2].replace("-", "_")
        return f"solutions/{self.gate}/{name}.py"

    @property
    def post(self) -> str:
        """Where its post lies; empty when nothing was written down."""
        return f"posts/{self.stem}.md" if self.note or self.learnings else ""

    @property
    def plot(self) -> str:
        """Where its bars lie; empty when nothing was measured."""
        return f"figures/{self.stem}.svg" if any(gate.value is not None for gate in self.clear.gates) else ""
