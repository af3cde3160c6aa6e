"""Judge a cohort: find, leave out what is known, judge the rest, keep every result as it falls."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from leveling.catalog import Catalog, FaultyContent, UnknownQuest
from leveling.catalog.hashing import content_hash
from leveling.play.cohorts import journal
from leveling.play.cohorts.desks import Task
from leveling.play.cohorts.local import Engine, LocalEngine
from leveling.play.cohorts.outcomes import REFUSED, Key, Outcome
from leveling.play.cohorts.results import Row
from leveling.play.cohorts.submissions import Submission, collect
from leveling.play.echoing import NOTHING, Handed, from_solutions, hand
from leveling.play.trouble import Trouble
from leveling.world.quest import Quest
from leveling.world.words import Kind

ENGINES = ("local", "ray")


@dataclass(frozen=True, slots=True)
class Fallen:
    """One result fell: how many of how many solutions are judged now, and the newest."""

    done: int
    of: int
    task: Task
    outcome: Outcome


@dataclass(slots=True)
class Cohort:
    """What was handed in, and what is known of it. `known` grows while `judge` runs."""

    submissions: Sequence[Submission]
    quests: Mapping[str, Quest]
    contents: Mapping[str, str]
    refusals: Mapping[str, str]
    device: str = "cpu"
    echoes: Mapping[str, Handed] = field(default_factory=dict)  # of those submissions that import any, by origin
    known: dict[Key, Outcome] = field(default_factory=dict)

    @classmethod
    def found(cls, folder: Path, catalog: Catalog, device: str = "cpu") -> "Cohort":
        """Everything in a folder, against the quests of a catalog.

        Raises:
            Trouble: when the folder holds nothing to judge.
        """
        submissions = collect(folder)
        quests: dict[str, Quest] = {}
        refusals: dict[str, str] = {}
        for name in sorted({each.quest for each in submissions if each.quest}):
            try:
                quests[name] = _judgeable(catalog.quest(name))
            except (Trouble, UnknownQuest, FaultyContent) as refused:
                refusals[name] = str(refused)
        contents = {name: content_hash(quest.folder) for name, quest in quests.items()}
        return cls(submissions, quests, contents, refusals, device, _echoes(submissions, quests, catalog))

    def remember(self, known: Mapping[Key, Outcome]) -> None:
        """Take outcomes of an earlier run; those of other content or other solutions are never asked for."""
        self.known.update(known)

    def tasks(self) -> list[Task]:
        """What is still to be judged: every different solution once, by quest."""
        wanted: dict[Key, Task] = {}
        for each in self.submissions:
            key = self.key(each)
            if key is not None and key not in self.known:
                wanted.setdefault(key, Task(key, each.source, self.echoes.get(each.origin, NOTHING)))
        return sorted(wanted.values(), key=lambda task: (task.key.quest, task.key.solution))

    def judge(self, engine: Engine, kept: journal.Journal) -> Iterator[Fallen]:
        """Judge the tasks; each outcome is in the journal before it is told.

        Raises:
            Trouble: when nothing can be judged, or the journal cannot be written.
        """
        tasks = self.tasks()
        for done, (task, outcome) in enumerate(engine.run(tasks), 1):
            kept.append(task.key, outcome)
            self.known[task.key] = outcome
            yield Fallen(done, len(tasks), task, outcome)

    def key(self, submission: Submission) -> Key | None:
        """What decides its verdict; None when it cannot be judged."""
        if submission.refused or submission.quest not in self.quests:
            return None
        echoes = self.echoes.get(submission.origin, NOTHING)
        solution = submission.digest + (f"+{echoes.digest}" if echoes.modules else "")
        return Key(submission.quest, self.contents[submission.quest], solution, self.device)

    def rows(self) -> list[Row]:
        """Every submission whose outcome is known."""
        handed: dict[Key, set[str]] = {}
        for each in self.submissions:
            key = self.key(each)
            if key is not None:
                handed.setdefault(key, set()).add(each.learner)
        rows = []
        for each in self.submissions:
            key = self.key(each)
            if key is None:
                why = each.refused or self.refusals.get(each.quest, f"{each.origin} names no quest")
                rows.append(Row(each, Outcome(REFUSED, why)))
            elif key in self.known:
                rows.append(Row(each, self.known[key], key.content, key.device, len(handed[key]) - 1))
        return rows


def _judgeable(quest: Quest) -> Quest:
    if quest.kind is Kind.QUIZ:
        raise Trouble(f"{quest.id} is a quiz: there is no file to judge")
    return quest


def engine_of(
    name: str, quests: Mapping[str, Quest], *, jobs: int | None = None, device: str = "cpu", insist: bool = False
) -> Engine:
    """The engine `local` or `ray`.

    Raises:
        Trouble: when it is not there.
    """
    if name == "ray":
        from leveling.play.cohorts.far import RayEngine

        return RayEngine(quests, jobs=jobs, device=device, insist=insist)
    return LocalEngine(quests, jobs=jobs, device=device, insist=insist)


def _echoes(submissions: Sequence[Submission], quests: Mapping[str, Quest], catalog: Catalog) -> dict[str, Handed]:
    """What submissions import of their own learner's others; an import that nothing stands behind fails when it is judged."""
    by_learner: dict[str, dict[str, str]] = {}
    for each in submissions:
        if not each.refused:
            by_learner.setdefault(each.learner, {})[each.quest] = each.source
    found: dict[str, Handed] = {}
    for each in submissions:
        if "echoes" in each.source and each.quest in quests:
            with contextlib.suppress(Trouble):
                find = from_solutions(by_learner[each.learner])
                found[each.origin] = hand(catalog, quests[each.quest], each.source, find)
    return found
