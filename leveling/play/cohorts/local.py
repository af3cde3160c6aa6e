"""The engine of one machine: a warm judge for each core, each in a thread that takes the next solution from one queue."""

import os
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from leveling.play.cohorts.desks import Desk, Stopped, Task
from leveling.play.cohorts.outcomes import Outcome
from leveling.world.quest import Quest

PATIENCE_SECONDS = 15.0  # for a judge to end when the run is cut off


class Engine(Protocol):
    """What judges many solutions."""

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome]]:
        """Every task with its outcome, as they fall, in any order.

        Raises:
            Trouble: when nothing can be judged, and why.
        """

    def close(self) -> None:
        """End everything that was started; what is judged now is dropped."""


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalEngine:
    """All cores of this machine, or `jobs` of them. Who is too slow or too hungry beside others is heard again alone."""

    def __init__(
        self, quests: Mapping[str, Quest], *, jobs: int | None = None, device: str = "cpu", insist: bool = False
    ) -> None:
        self.quests = quests
        self.jobs = jobs or cores()
        self.device = device
        self.insist = insist
        self.desks: list[Desk] = []
        self.threads: list[threading.Thread] = []
        self.waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self.fallen: queue.SimpleQueue[tuple[Task, Outcome] | BaseException] = queue.SimpleQueue()

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome]]:
        """See `Engine.run`."""
        jobs = min(self.jobs, len(tasks))
        again: list[Task] = []
        for task, outcome in self._judged(tasks, jobs):
            if outcome.was_weighed and jobs > 1:
                again.append(task)
            else:
                yield task, outcome
        self._join()
        yield from self._judged(again, min(1, len(again)))

    def close(self) -> None:
        """See `Engine.close`."""
        for desk in self.desks:
            desk.stop()
        self._join()

    def _judged(self, tasks: Sequence[Task], jobs: int) -> Iterator[tuple[Task, Outcome]]:
        for task in tasks:
            self.waiting.put(task)
        for number in range(jobs):
            desk = Desk(device=self.device, insist=self.insist)
            thread = threading.Thread(target=self._work, args=(desk, number), name="cohort", daemon=True)
            self.desks.append(desk)
            self.threads.append(thread)
            thread.start()
        for _ in tasks:
            fallen = self._next()
            if isinstance(fallen, BaseException):
                raise fallen
            yield fallen

    def _join(self) -> None:
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS)

    def _next(self) -> tuple[Task, Outcome] | BaseException:
        while True:
            try:
                return self.fallen.get(timeout=0.5)  # a wait without end would not hear Ctrl-C on Windows
            except queue.Empty:
                continue

    def _work(self, desk: Desk, number: int) -> None:
        _bind(number)
        try:
            desk.open()
            while not desk.stopped:
                task = self.waiting.get_nowait()
                self.fallen.put((task, desk.judge(task, self.quests[task.key.quest])))
        except (queue.Empty, Stopped):
            pass
        except BaseException as error:  # whatever it is, the run must hear of it: it waits for this thread
            self.fallen.put(error)
        finally:
            desk.close()


def _bind(number: int) -> None:
    """Bind this thread, and so the judge that it starts, to one core: judges beside each other measure undisturbed."""
    if hasattr(os, "sched_setaffinity"):
        own = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {own[number % len(own)]})
