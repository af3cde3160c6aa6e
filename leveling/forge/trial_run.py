"""What the stages of one proof share: the quest, its files, the judges, and who has caught what."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from leveling.catalog.schema import QuestFile
from leveling.forge.facts import Facts
from leveling.forge.judges import Judges, Outcome, Task
from leveling.forge.mutation import Mutant, mutants
from leveling.forge.proof import Proof
from leveling.judge.protocol import Job, Modules
from leveling.world.quest import Quest

FEW = 5
HANGING = 8.0  # a mutant that takes so many times the reference's time, and no less than LEAST_SECONDS, hangs
LEAST_SECONDS = 15.0


@dataclass(slots=True)
class Run:
    """One proof on its way. `seconds` is what the reference takes without gates; `lent` is what a floor's solutions import."""

    quest: Quest
    written: QuestFile
    facts: Facts
    judges: Judges
    proof: Proof
    told: Callable[[str], None]
    seconds: float = 1.0
    lent: Modules = ()
    made: list[Mutant] | None = None

    def mutants(self) -> list[Mutant]:
        """Every mutant of the reference, made once."""
        if self.made is None:
            self.made = mutants(self.text("reference.py"))
        return self.made

    def text(self, name: str) -> str:
        """A file of the quest."""
        return (self.quest.folder / name).read_text(encoding="utf-8")

    def files(self, folder: str) -> list[Path]:
        """The Python files of a subfolder, by name."""
        return sorted((self.quest.folder / folder).glob("*.py"))

    def task(
        self,
        name: str,
        source: str,
        *,
        gates: str = "none",
        seed: int | None = None,
        only: tuple[str, ...] = (),
        brief: bool = False,
        first: bool = False,
        keep: bool = False,
        quest: Quest | None = None,
    ) -> Task:
        """A task. A `brief` one ends as soon as nothing more can be learnt from it, or when it hangs.

        In a quick proof nothing more can be learnt after the first failure; there a task that asks for the `first` ends too.
        With `keep` the judge may answer from what the reference said under the same seed before.
        """
        device = "auto" if gates == "all" else "cpu"  # a GPU's gates are sealed where there is none
        job = Job(
            quest or self.quest,
            source,
            name,
            device,
            seed,
            gates,
            only,
            diagnose=False,
            echoes=self.lent,
            lent=self.lent,
            keep=self.proof.content if keep and not self.proof.full else "",
        )
        if not brief:
            return Task(name, job, stop=_at_once if first and not self.proof.full else None)
        return Task(name, job, max(LEAST_SECONDS, HANGING * self.seconds), self._nothing_to_learn)

    def _nothing_to_learn(self, _check: str) -> bool:
        return not self.proof.full or all(check.name in self.proof.catches for check in self.facts.checks)

    def part(self, *names: str) -> tuple[str, ...]:
        """The checks of those drills; none, which stands for all, where no check judges one of them alone."""
        return tuple(check.name for check in self.facts.checks if check.part and check.part in names)

    def judge(self, what: str, tasks: Sequence[Task], *, alone: bool = False) -> list[Outcome]:
        """Outcomes of `tasks`, with progress told and catches noted."""

        def count(done: int) -> None:
            self.told(f"{what} {done}/{len(tasks)}" if len(tasks) > 1 else what)

        outcomes = self.judges.judge(tasks, count, alone=alone)
        for outcome in outcomes:
            self.credit(outcome)
        return outcomes

    def credit(self, outcome: Outcome) -> None:
        """Note which checks refused this solution."""
        if outcome.task.name in ("starter.py", "reference.py") or outcome.task.name.startswith("right/"):
            return
        for check in outcome.failed:
            caught = self.proof.catches.setdefault(check, [])
            if len(caught) < FEW:
                caught.append(outcome.task.name)

    def seed(self, key: str, number: int) -> int:
        """A seed that depends on the key alone, so that a proof can be repeated; in a quick proof one for all keys."""
        key = key if self.proof.full else self.proof.content
        digest = hashlib.sha256(f"{self.quest.id} {key} {number}".encode()).digest()
        return int.from_bytes(digest[:7], "big")

    def exact(self) -> Quest:
        """The quest without its gates on time and without those of a GPU: what can be weighed beside other work."""
        from leveling.forge.margins import TIMED

        return replace(
            self.quest,
            gates=tuple(gate for gate in self.quest.gates if gate.kind not in TIMED and gate.device == "cpu"),
        )


def _at_once(_check: str) -> bool:
    return True
