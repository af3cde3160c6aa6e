"""The front's end of the judge: start its process, send jobs, read events. No torch here.

with JudgeClient() as judge:
    for event in judge.attempt(job):
        ...
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from leveling.judge.protocol import JSON, Job, Judgement
from leveling.world.words import Verdict

PACKAGE_PARENT = str(Path(__file__).resolve().parents[2])
BOOTSTRAP = "import sys; sys.path[:0] = [sys.argv[1]]; from leveling.judge.serve import main; main()"


class JudgeGone(Exception):
    """The judge's process could not be started or ended unexpectedly; the text says why."""


class JudgeClient:
    """One judge process, started on first use and kept warm. Not thread-safe, except `cancel`."""

    def __init__(self, python: str | None = None) -> None:
        self.python = python or os.environ.get("LEVELING_PYTHON") or sys.executable
        self.process: subprocess.Popen[bytes] | None = None
        self.errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the client, closed in close()
        self.number = 0
        self.current: int | None = None

    def __enter__(self) -> "JudgeClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- life

    def start(self) -> None:
        """Start the process without waiting for it to be ready.

        Raises:
            JudgeGone: when the interpreter cannot be run.
        """
        if self.process is not None and self.process.poll() is None:
            return
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        try:
            self.process = subprocess.Popen(
                [self.python, "-I", "-c", BOOTSTRAP, PACKAGE_PARENT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise JudgeGone(f"the judge cannot be started with {self.python}: {error.strerror}") from error

    def warm(self, preload: Sequence[str] = ("torch._dynamo",)) -> None:
        """Start, and import now what attempts are likely to need."""
        self.start()
        self._send({"do": "warm", "preload": list(preload)})

    def close(self) -> None:
        """End the judge and everything it started. Safe to call twice."""
        process, self.process = self.process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        try:
            process.wait(5.0)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    # ---- attempts

    def attempt(self, job: Job) -> Iterator[JSON]:
        """Judge `job`; yields events, the last being "verdict", "cancelled" or "sealed".

        If the judge itself dies, the last event is a verdict of `judge_fault`.
        """
        self.number += 1
        number = self.current = self.number
        try:
            self._send({"do": "attempt", "id": number, "job": job.to_json()})
            for event in self._events():
                if event.get("id") == number:
                    yield event
                    if event["event"] in ("verdict", "cancelled", "sealed"):
                        return
        except JudgeGone as error:
            self.close()
            fault = Judgement(job.quest.id, Verdict.JUDGE_FAULT, str(error))
            yield {"id": number, "event": "verdict", "judgement": fault.to_json()}
        finally:
            self.current = None

    def cancel(self) -> None:
        """Stop the attempt that runs, from any thread."""
        if self.current is not None:
            with contextlib.suppress(JudgeGone):
                self._send({"do": "cancel", "id": self.current})

    def request(self, order: JSON) -> JSON:
        """Send an order other than an attempt and wait for its answer.

        Raises:
            JudgeGone: when the judge ends before it answers.
        """
        self.number += 1
        self._send({**order, "id": self.number})
        for event in self._events():
            if event.get("id") == self.number:
                return event
        raise JudgeGone("the judge ended")

    def _send(self, message: JSON) -> None:
        self.start()
        assert self.process is not None and self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(message, separators=(",", ":"), default=str).encode() + b"\n")
            self.process.stdin.flush()
        except (OSError, ValueError) as error:
            raise JudgeGone(self._why()) from error

    def _events(self) -> Iterator[JSON]:
        assert self.process is not None and self.process.stdout is not None
        for line in self.process.stdout:
            event: Any = json.loads(line)
            yield event
        raise JudgeGone(self._why())

    def _why(self) -> str:
        """What the judge said on stderr before it ended."""
        process = self.process
        if process is None:
            return "the judge ended"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2.0)
        self.errors.seek(0)
        text = self.errors.read().decode("utf-8", "replace").strip()
        if "No module named 'torch'" in text:
            return f"PyTorch is not installed for {self.python}: run  {self.python} -m pip install torch"
        last = text.splitlines()[-1] if text else "without a word"
        return f"the judge ended ({process.returncode}): {last}"
