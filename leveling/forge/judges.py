"""A few judges kept warm, and tasks shared out among them. No torch here."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue

from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Job, Judgement
from leveling.world.words import CheckStatus, GateStatus, Verdict

RETRIES = 2


@dataclass(frozen=True, slots=True)
class Task:
    """One solution to judge.

    `stop` is asked after each failing check whether the rest may be left out; `seconds` ends a solution that hangs; what is
    judged `alone` is judged beside nothing else of that kind.
    """

    name: str
    job: Job
    seconds: float = 600.0
    stop: Callable[[str], bool] | None = None
    alone: bool = False


@dataclass(slots=True)
class Outcome:
    """How a task ended. `judgement` is None where it was stopped: after a failure, or because it `hung`."""

    task: Task
    judgement: Judgement | None = None
    failed: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    failed_gates: list[str] = field(default_factory=list)
    hung: bool = False

    @property
    def caught(self) -> bool:
        """Whether the solution was refused by something other than a fault of ours."""
        if self.failed or self.failed_gates or self.hung:
            return True
        return self.judgement is not None and self.judgement.verdict not in (Verdict.CLEARED, Verdict.JUDGE_FAULT)

    @property
    def ours(self) -> str:
        """The cause, when the judge itself failed; else empty."""
        found = self.judgement
        return found.cause if found is not None and found.verdict is Verdict.JUDGE_FAULT else ""

    @property
    def word(self) -> str:
        """The verdict, and the first thing that failed."""
        verdict = "stopped after it hung" if self.hung else self.judgement.verdict.value if self.judgement else "caught"
        first = [*self.failed, *self.failed_gates][:1]
        return f"{verdict} at {first[0]}" if first else verdict


class Stopped(Exception):
    """The judges were closed while something was still to be judged."""


class Judges:
    """`count` judges, each used by one thread at a time; started when first needed.

    Several proofs may share them. What is judged `alone` waits for whatever else is judged alone, in any of the proofs.
    """

    def __init__(self, count: int) -> None:
        self.count = max(1, count)
        self.clients = [JudgeClient() for _ in range(self.count)]
        self.free: SimpleQueue[JudgeClient] = SimpleQueue()
        for client in self.clients:
            self.free.put(client)
        self.weighing = threading.Lock()
        self.closing = False

    def __enter__(self) -> "Judges":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Let all of them come up while something else is done.

        Raises:
            JudgeGone: when the interpreter cannot be run.
        """
        for client in self.clients:
            client.start()

    def close(self) -> None:
        """End every judge."""
        self.closing = True
        for client in self.clients:
            client.close()

    def stop(self) -> None:
        """End what is judged now, and let nothing more begin."""
        self.closing = True
        for client in self.clients:
            client.cancel()

    @contextlib.contextmanager
    def one(self) -> Iterator[JudgeClient]:
        """A judge that nobody else uses meanwhile.

        Raises:
            Stopped: when the judges were closed while this waited.
        """
        client = self.free.get()
        try:
            if self.closing:
                raise Stopped
            yield client
        finally:
            self.free.put(client)

    def judge(self, tasks: Sequence[Task], told: Callable[[int], None] = lambda _: None) -> list[Outcome]:
        """All outcomes, in the order of the tasks.

        Raises:
            Stopped: when the judges were closed meanwhile.
        """
        outcomes: list[Outcome] = []
        with ThreadPoolExecutor(self.count) as threads:
            try:
                for outcome in threads.map(self._in_turn, tasks):
                    outcomes.append(outcome)
                    told(len(outcomes))
            except BaseException:
                self.stop()
                threads.shutdown(cancel_futures=True)
                raise
        return outcomes

    def _in_turn(self, task: Task) -> Outcome:
        with self.weighing if task.alone else contextlib.nullcontext():
            return self._one(task)

    def _one(self, task: Task) -> Outcome:
        with self.one() as client:
            outcome = _run(client, task)
            for _ in range(RETRIES):
                # a stray end: the cancellation of the job before came too late for that one
                stray = outcome.judgement is None and not outcome.caught
                if self.closing or not (stray or outcome.ours):
                    break
                outcome = _run(client, task)
            return outcome


def _run(client: JudgeClient, task: Task) -> Outcome:
    outcome = Outcome(task)
    over = threading.Event()

    def end_it() -> None:
        over.set()
        client.cancel()

    timer = threading.Timer(task.seconds, end_it)
    timer.daemon = True
    timer.start()
    try:
        for event in client.attempt(task.job):
            match event["event"]:
                case "check" if event["status"] == CheckStatus.FAILED:
                    outcome.failed.append(event["name"])
                    outcome.messages.append(event["message"])
                    if task.stop is not None and task.stop(event["name"]):
                        client.cancel()
                case "gate" if event["status"] == GateStatus.FAILED:
                    outcome.failed_gates.append(event["gate"])
                    outcome.messages.append(event["message"])
                case "verdict":
                    outcome.judgement = Judgement.from_json(event["judgement"])
    finally:
        timer.cancel()
    outcome.hung = outcome.judgement is None and over.is_set() and not outcome.failed
    return outcome
