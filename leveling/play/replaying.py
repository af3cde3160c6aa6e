"""Judge the solutions of a bundle again: in the sandbox, on fresh hidden inputs, on every core.

The solutions are a stranger's. They run where the learner's own run, in workers that the sandbox confines; where the
sandbox is not whole, nothing is run unless the person insists.
"""

import os
import queue
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from leveling.catalog import Catalog, FaultyContent, UnknownQuest
from leveling.certificate.verifying import Checked
from leveling.judge.client import JudgeClient, JudgeGone
from leveling.judge.protocol import Judgement
from leveling.play.attempting import judge_source
from leveling.play.trouble import Trouble
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


@dataclass(frozen=True, slots=True)
class _Task:
    quest: Quest
    source: str
    grade: str


# A machine that is busy with other judges may find a solution too slow; it gets a second hearing alone.
_HEARD_AGAIN = frozenset((Verdict.TOO_SLOW, Verdict.TOO_HUNGRY, Verdict.JUDGE_FAULT))


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
    tasks, rest = _sorted_out(catalog, checked)
    yield from rest
    if tasks:
        _check_sandbox(insist=insist)
        yield from _judged(tasks, _cores(judges, len(tasks)))


def _sorted_out(catalog: Catalog, checked: Checked) -> tuple[list[_Task], list[Replayed]]:
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
                tasks.append(_Task(catalog.quest(name), source, grade))
            except (UnknownQuest, FaultyContent) as error:
                rest.append(Replayed(name, Outcome.NOT_JUDGED, grade, str(error)))
    return tasks, rest


def _check_sandbox(*, insist: bool) -> None:
    with JudgeClient() as client:
        try:
            layers = client.request({"do": "facts", "packages": []})["facts"]["layers"]
        except JudgeGone as gone:
            raise Trouble(str(gone)) from gone
    lacking = {name: why for name, why in layers.items() if why != "live"}
    if lacking and not insist:
        named = "; ".join(f"{name}: {why}" for name, why in lacking.items())
        raise Trouble(
            f"the sandbox is not whole on this machine ({named}), so a stranger's code is not run. On a machine where you "
            "would run that person's programs anyway: --insist"
        )


def _cores(judges: int, tasks: int) -> list[int | None]:
    """A core for each judge; None where judges cannot be bound to one."""
    if hasattr(os, "sched_getaffinity"):
        cores: Sequence[int | None] = sorted(os.sched_getaffinity(0))
    else:
        cores = [None] * (os.cpu_count() or 1)
    wanted = judges or len(cores)
    repeated = [cores[place % len(cores)] for place in range(wanted)]
    return repeated[: max(1, tasks)]


def _judged(tasks: list[_Task], cores: Sequence[int | None]) -> Iterator[Replayed]:
    crew = _Crew(tasks)
    again: list[tuple[_Task, Replayed]] = []
    try:
        crew.begin(cores)
        for _ in tasks:
            task, result, verdict = crew.results.get()
            if verdict in _HEARD_AGAIN and len(cores) > 1:
                again.append((task, result))
            else:
                yield result
    finally:
        crew.end()
    if again:
        with JudgeClient() as client:
            for task, _ in again:
                yield _judge(task, client)[0]


class _Crew:
    """Threads with a judge each, which take tasks until none is left. The one place that starts them also ends them."""

    def __init__(self, tasks: list[_Task]) -> None:
        self.waiting: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        for task in tasks:
            self.waiting.put(task)
        self.results: queue.SimpleQueue[tuple[_Task, Replayed, Verdict | None]] = queue.SimpleQueue()
        self.stopped = threading.Event()
        self.clients: list[JudgeClient] = []
        self.threads: list[threading.Thread] = []

    def begin(self, cores: Sequence[int | None]) -> None:
        for core in cores:
            client = JudgeClient()
            thread = threading.Thread(target=self._work, args=(client, core), name="replay")
            self.clients.append(client)
            self.threads.append(thread)
            thread.start()

    def end(self) -> None:
        self.stopped.set()
        for client in self.clients:
            client.cancel()
        for thread in self.threads:
            thread.join()

    def _work(self, client: JudgeClient, core: int | None) -> None:
        _bind(core)
        with client:
            while not self.stopped.is_set():
                try:
                    task = self.waiting.get_nowait()
                except queue.Empty:
                    return
                self.results.put((task, *_judge(task, client)))


def _bind(core: int | None) -> None:
    """Bind this thread, and so the judge that it starts, to one core: judges beside each other then measure undisturbed."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def _judge(task: _Task, client: JudgeClient) -> tuple[Replayed, Verdict | None]:
    name, begun = task.quest.id, time.monotonic()
    found: Judgement | None = None
    try:
        for event in judge_source(task.quest, task.source, f"{name.rsplit('/', 1)[-1]}.py", client):
            if isinstance(event, Judgement):
                found = event
    except Trouble as sealed:
        return Replayed(name, Outcome.NOT_JUDGED, task.grade, str(sealed)), None
    except (MemoryError, RecursionError):
        text = "Python cannot read the file: it is nested too deep"
        return Replayed(name, Outcome.NOT_CLEARED, task.grade, text, Verdict.CRASHED.value), None
    except (
        Exception
    ) as fault:  # a thread that dies would leave its caller waiting: whatever it is, it is our fault and is told
        return Replayed(name, Outcome.FAULT, task.grade, f"{type(fault).__name__}: {fault}"), Verdict.JUDGE_FAULT
    if found is None:
        return Replayed(name, Outcome.NOT_JUDGED, task.grade, "stopped"), None
    return _told(task, found, time.monotonic() - begun), found.verdict


def _told(task: _Task, found: Judgement, seconds: float) -> Replayed:
    outcome = {Verdict.CLEARED: Outcome.CLEARED, Verdict.JUDGE_FAULT: Outcome.FAULT}.get(
        found.verdict, Outcome.NOT_CLEARED
    )
    facts: dict[str, Any] = {"verdict": found.verdict.value, "seconds": seconds, "sandbox": found.sandbox}
    cause = "" if outcome is Outcome.CLEARED else found.cause.split("\n", 1)[0]
    return Replayed(task.quest.id, outcome, task.grade, cause, now=found.grade.value if found.grade else "", **facts)
