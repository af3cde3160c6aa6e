"""Judge the solutions of a bundle again: in the sandbox, on fresh hidden inputs, on every core.

The solutions are a stranger's. They run where the learner's own run, in workers that the sandbox confines; where the
sandbox is not whole, nothing is run unless the person insists.
"""

import hashlib
from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum

from leveling.catalog import Catalog, FaultyContent, UnknownQuest
from leveling.certificate.verifying import Checked
from leveling.play import echoing
from leveling.play.cohorts import outcomes
from leveling.play.cohorts.desks import Task
from leveling.play.cohorts.local import LocalEngine
from leveling.play.cohorts.outcomes import Key
from leveling.play.dungeons import handing
from leveling.play.trouble import Trouble
from leveling.world.dungeon import is_floor
from leveling.world.quest import Quest
from leveling.world.words import Verdict


class Outcome(StrEnum):
    """What came of judging one quest's solution again."""

    CLEARED = "cleared"
    NOT_CLEARED = "not_cleared"
    NOT_JUDGED = "not_judged"  # sealed on this machine, a quiz without a file, or a quest that is not here
    FAULT = "judge_fault"


@dataclass(frozen=True, slots=True)
class Replayed:
    """One quest: what the certificate says (`grade`), and what judging again said (`verdict`, `now` the grade)."""

    quest: str
    outcome: Outcome
    grade: str
    text: str = ""
    verdict: str = ""
    now: str = ""
    seconds: float = 0.0
    sandbox: tuple[str, ...] = ()


_WORDS = {
    Verdict.CLEARED.value: Outcome.CLEARED,
    Verdict.JUDGE_FAULT.value: Outcome.FAULT,
    outcomes.SEALED: Outcome.NOT_JUDGED,
}


def replay(
    catalog: Catalog, checked: Checked, *, insist: bool = False, judges: int = 0
) -> Generator[Replayed, None, None]:
    """One result for each quest of the evidence, as they come.

    Args:
        catalog: the quests of this version.
        checked: a bundle whose signature and hashes are good.
        insist: run also where the sandbox is not whole.
        judges: how many judges work at once; 0 for one a core.

    Raises:
        Trouble: when it is no bundle, the sandbox is not whole, or no judge can be started.
    """
    if checked.kind != "bundle":
        raise Trouble("this file holds no solutions to judge again. Ask for the bundle: --format bundle")
    quests: dict[str, Quest] = {}
    tasks, rest = _sorted_out(catalog, checked, quests)
    yield from rest
    if tasks:
        grades = {each["quest"]: each["grade"] for each in checked.quests}
        engine = LocalEngine(quests, jobs=judges or None, insist=insist)
        try:
            for task, outcome in engine.run(tasks):
                yield _told(task.key.quest, grades[task.key.quest], outcome)
        finally:
            engine.close()


def _sorted_out(catalog: Catalog, checked: Checked, quests: dict[str, Quest]) -> tuple[list[Task], list[Replayed]]:
    """What can be judged, and the results for the rest; fills in `quests`."""
    find = echoing.from_solutions(
        {
            each["quest"]: checked.solutions[each["solution"]]
            for each in checked.quests
            if each["solution"] in checked.solutions
        }
    )
    tasks, rest = [], []
    for each in checked.quests:
        name, grade = each["quest"], each["grade"]
        source = checked.solutions.get(each["solution"])
        if not each["solution"]:
            rest.append(Replayed(name, Outcome.NOT_JUDGED, grade, "a quiz has no file to judge again"))
        elif source is None:
            rest.append(Replayed(name, Outcome.NOT_CLEARED, grade, "its solution is not in the bundle"))
        else:
            try:
                quest = catalog.quest(name)
                tasks.append(_task(catalog, quest, source, find))
                quests[name] = quest
            except (UnknownQuest, FaultyContent, Trouble) as error:
                rest.append(Replayed(name, Outcome.NOT_JUDGED, grade, str(error)))
    return tasks, rest


def _task(catalog: Catalog, quest: Quest, source: str, find: echoing.Find) -> Task:
    key = Key(quest.id, "", hashlib.sha256(source.encode()).hexdigest(), "cpu")
    if is_floor(quest.id):
        main, echoes = handing.handed_again(catalog, quest, source, find)
        return Task(key, main, echoes, handing.lent(catalog, quest))
    return Task(key, source, echoing.hand(catalog, quest, source, find))


def _told(quest: str, grade: str, found: outcomes.Outcome) -> Replayed:
    outcome = _WORDS.get(found.word, Outcome.NOT_CLEARED)
    text = "" if outcome is Outcome.CLEARED else found.cause
    verdict = "" if found.word == outcomes.SEALED else found.word
    return Replayed(quest, outcome, grade, text, verdict, found.grade, found.seconds, found.sandbox)
