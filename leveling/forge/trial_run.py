"""What the stages of one proof share: the quest, its files, the judges, and who has caught what."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path

from leveling.catalog.schema import QuestFile
from leveling.forge.facts import Facts
from leveling.forge.judges import Judges, Outcome, Task
from leveling.forge.margins import TIMED
from leveling.forge.mutation import Mutant, mutants
from leveling.forge.proof import Proof
from leveling.judge.protocol import Job, Modules
from leveling.judge.seeds import fresh
from leveling.world.quest import GateSpec, Quest

FEW = 5
HANGING = 8.0  # a mutant that takes so many times the reference's time, and no less than LEAST_SECONDS, hangs
LEAST_SECONDS = 15.0


class Until(Enum):
    """When a task ends.

    VERDICT: with the verdict. FAILURE: in a quick proof at the first failing check. LEARNT: as soon as nothing more can be learnt
    from it, in a quick proof at the first failure; or when it hangs. EVERY: when it has met every check, or hangs.
    """

    VERDICT = auto()
    FAILURE = auto()
    LEARNT = auto()
    EVERY = auto()


@dataclass(slots=True)
class Run:
    """One proof on its way. `seconds` is what the reference takes without gates; `lent` is what a floor's solutions import.

    `drawn` is the seed of the author's own solutions in a quick proof: another in every proof, so that one that another check
    catches now and then is found by and by.
    """

    quest: Quest
    written: QuestFile
    facts: Facts
    judges: Judges
    proof: Proof
    told: Callable[[str], None]
    seconds: float = 1.0
    lent: Modules = ()
    made: list[Mutant] | None = None
    drawn: int = field(default_factory=fresh)

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
        until: Until = Until.VERDICT,
        keep: bool = False,
        weighed: Sequence[GateSpec] | None = None,
    ) -> Task:
        """A task. With `keep` the judge may, in a quick proof, answer from what the reference said under the same seed before.

        Of the gates all are weighed unless only some are named; any of them on time makes the task one that is judged alone.
        """
        device = "cpu" if gates == "none" else "auto"  # a GPU's gates are sealed where there is none
        quest = self.quest if weighed is None else replace(self.quest, gates=tuple(weighed))
        alone = gates != "none" and any(gate.kind in TIMED for gate in quest.gates)
        job = Job(
            quest,
            source,
            name,
            device,
            seed,
            gates,
            only,
            diagnose=False,
            every=until is Until.EVERY,
            echoes=self.lent,
            lent=self.lent,
            keep=self.proof.content if keep and not self.proof.full else "",
        )
        stop = {Until.FAILURE: self._in_a_quick_proof, Until.LEARNT: self._nothing_to_learn}.get(until)
        if until in (Until.LEARNT, Until.EVERY):
            return Task(name, job, max(LEAST_SECONDS, HANGING * self.seconds), stop, alone)
        return Task(name, job, stop=stop, alone=alone)

    def _in_a_quick_proof(self, _check: str) -> bool:
        return not self.proof.full

    def _nothing_to_learn(self, check: str) -> bool:
        return self._in_a_quick_proof(check) or all(each.name in self.proof.catches for each in self.facts.checks)

    def part(self, *names: str) -> tuple[str, ...]:
        """The checks of those drills; none, which stands for all, where no check judges one of them alone."""
        return tuple(check.name for check in self.facts.checks if check.part and check.part in names)

    def judge(self, what: str, tasks: Sequence[Task]) -> list[Outcome]:
        """Outcomes of `tasks`, with progress told and catches noted."""

        def count(done: int) -> None:
            self.told(f"{what} {done}/{len(tasks)}" if len(tasks) > 1 else what)

        outcomes = self.judges.judge(tasks, count)
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

    def exact(self) -> tuple[GateSpec, ...]:
        """The gates but those on time and those of a GPU: what can be weighed beside other work."""
        return tuple(gate for gate in self.quest.gates if gate.kind not in TIMED and gate.device == "cpu")

    def own_seed(self) -> int | None:
        """The seed of one of the author's own solutions; in a full proof none, so that each draws its own."""
        return None if self.proof.full else self.drawn
