"""The judge's process: reads jobs from stdin, one JSON object a line, writes events to stdout.

Started by `leveling.judge.client` with -I; torch is imported here once, and the zygote is forked before anything else.
"""

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from leveling.arena.settling import COMPILER_VARIABLES
from leveling.judge.protocol import JSON, Job
from leveling.world.quest import Forbidden, GateSpec, Limits, Misconception, Quest
from leveling.world.words import Kind, Rank, Verdict

GRACE_SECONDS = 3.0
_GONE: JSON = {"do": "quit"}


def main() -> None:
    """Serve until the front goes away. Never returns normally: ends the process with everything it started."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.update(COMPILER_VARIABLES)
    front = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o077)

    import torch

    torch.set_num_threads(1)
    with contextlib.suppress(ImportError):
        import numpy.random  # noqa: F401 - lazily loaded by NumPy; every worker seeds it
    import leveling.arena.worker
    import leveling.checks  # noqa: F401 - probes import it in workers, which cannot read files any more
    from leveling.judge.launching import Launcher, ZygoteLauncher
    from leveling.judge.standing_by import StandbyLauncher

    forks = sys.platform == "linux" and os.environ.get("LEVELING_WORKERS") != "spawn"
    launcher: Launcher = ZygoteLauncher() if forks else StandbyLauncher()
    cancel_read, cancel_write = os.pipe()
    from leveling.judge.house import House

    house = House(launcher, cancel_read)
    signal.signal(signal.SIGTERM, lambda *_: _leave(house))
    Desk(house, launcher, front, cancel_read, cancel_write).serve()


class Desk:
    """Takes jobs in order; a cancellation or the front's end reaches the attempt that runs."""

    def __init__(self, house: Any, launcher: Any, front: int, cancel_read: int, cancel_write: int) -> None:
        self.house = house
        self.launcher = launcher
        self.front = front
        self.cancel_read = cancel_read
        self.cancel_write = cancel_write
        self.waiting: queue.SimpleQueue[JSON] = queue.SimpleQueue()
        self.current: int | None = None
        self.cancelled: set[int] = set()

    def serve(self) -> None:
        """Work through the queue."""
        threading.Thread(target=self.listen, daemon=True).start()
        self.say({"event": "ready"})
        while True:
            order = self.waiting.get()
            if order["do"] == "quit":
                _leave(self.house)
            if order["do"] == "warm":
                self.launcher.preload(order.get("preload", ()))
            elif order["do"] == "attempt":
                self.attempt(order)
            elif order["do"] in ("ask", "answer"):
                self.quiz(order)
            elif order["do"] == "facts":
                from leveling.judge.facts import gather

                self.say({"id": order["id"], "event": "facts", "facts": gather(list(order.get("packages", ())))})

    def listen(self) -> None:
        """Read orders; the end of stdin means that the front is gone."""
        for line in sys.stdin.buffer:
            with contextlib.suppress(ValueError):
                order = json.loads(line)
                if order.get("do") == "cancel":
                    self.cancel(int(order["id"]))
                else:
                    self.waiting.put(order)
        os.write(self.cancel_write, b"x")
        self.waiting.put(_GONE)
        time.sleep(GRACE_SECONDS)
        _leave(self.house)  # whatever keeps the other thread busy, nobody waits for it any more

    def cancel(self, number: int) -> None:
        """Stop the attempt that runs, or one that still waits."""
        self.cancelled.add(number)
        if self.current == number:
            os.write(self.cancel_write, b"x")

    def attempt(self, order: JSON) -> None:
        """Judge one job and say everything that happens."""
        from leveling.judge.attempt import Attempt, Cancelled, Sealed

        number = int(order["id"])
        self.current = number
        try:
            if number in self.cancelled:
                raise Cancelled
            job = job_from_json(order["job"])
            judgement = Attempt(
                self.house, job, lambda event, facts: self.say({"id": number, "event": event, **facts})
            ).run()
            self.say({"id": number, "event": "verdict", "judgement": judgement.to_json()})
        except Cancelled:
            self.say({"id": number, "event": "cancelled"})
        except Sealed as sealed:
            self.say({"id": number, "event": "sealed", "reason": str(sealed)})
        except Exception as error:  # the judge must outlive its own bugs; the blame is typed as ours
            import traceback

            cause = f"the judge failed: {type(error).__name__}: {error}"
            judgement_json = {
                "quest": order["job"]["quest"]["id"],
                "verdict": Verdict.JUDGE_FAULT,
                "cause": cause,
                "output": traceback.format_exc(),
            }
            self.say({"id": number, "event": "verdict", "judgement": judgement_json})
        finally:
            self.current = None
            self.house.tidy()
            self._swallow_cancel()

    def quiz(self, order: JSON) -> None:
        """Draw questions, or mark answers under the same seed."""
        from leveling.judge import quiz
        from leveling.judge.suite import JudgeFault

        act = quiz.ask if order["do"] == "ask" else quiz.mark
        try:
            self.say({"id": order["id"], "event": "quiz", **act(order)})
        except JudgeFault as error:
            self.say({"id": order["id"], "event": "fault", "cause": str(error)})

    def _swallow_cancel(self) -> None:
        import select

        while select.select([self.cancel_read], [], [], 0)[0]:
            os.read(self.cancel_read, 64)

    def say(self, event: JSON) -> None:
        """One line to the front; a front that is gone ends us."""
        data = json.dumps(event, separators=(",", ":"), default=str).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self.front, data) :]
        except OSError:
            _leave(self.house)


def _leave(house: Any) -> None:
    with contextlib.suppress(Exception):  # on the way out nothing may keep us
        house.close()
    os._exit(0)


def job_from_json(value: JSON) -> Job:
    """The job that `Job.to_json` wrote."""
    quest = dict(value["quest"])
    quest["folder"] = Path(quest["folder"])
    quest["rank"], quest["kind"] = Rank(quest["rank"]), Kind(quest["kind"])
    quest["forbid"] = tuple(Forbidden(**{**each, "allowed_in": tuple(each["allowed_in"])}) for each in quest["forbid"])
    quest["limits"] = Limits(**quest["limits"])
    quest["gates"] = tuple(GateSpec(**each) for each in quest["gates"])
    quest["wrong"] = tuple(Misconception(**each) for each in quest["wrong"])
    for name, item in quest.items():
        if isinstance(item, list):
            quest[name] = tuple(item)
    plain = {**value, "quest": Quest(**quest), "only": tuple(value.get("only", ()))}
    for name in ("echoes", "lent"):
        plain[name] = tuple((module, text, path) for module, text, path in value.get(name, ()))
    return Job(**plain)


if __name__ == "__main__":
    main()
