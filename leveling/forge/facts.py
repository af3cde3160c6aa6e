"""What a quest's `checks.py` defines, asked of a process of its own (`leveling.forge.inspecting`), since it imports torch."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE_PARENT = str(Path(__file__).resolve().parents[2])
BOOTSTRAP = "import sys; sys.path[:0] = [sys.argv[1]]; from leveling.forge.inspecting import main; main()"
DRAWS = 200


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """A check's kebab-case name, the first line of its docstring, the drill it judges, and the checks it comes after."""

    name: str
    says: str
    part: str
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    """A question's name, whether it has a docstring, its faults in all draws (a few, and their count), its answer in draw 0."""

    name: str
    doc: bool
    faults: tuple[str, ...]
    count: int
    prompts: int
    answer: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What `checks.py` defines; `fault` says why it does not load."""

    fault: str = ""
    checks: tuple[CheckFacts, ...] = ()
    workloads: tuple[tuple[str, bool], ...] = ()
    questions: tuple[QuestionFacts, ...] = ()

    def check(self, name: str) -> CheckFacts | None:
        """The check of that name."""
        return next((each for each in self.checks if each.name == name), None)


class Inspector:
    """The process, kept for as many quests as are proved; proofs that run side by side ask it in turn."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.asking = threading.Lock()

    def __enter__(self) -> "Inspector":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        if process is not None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                process.communicate(timeout=2.0)
            process.kill()
            process.wait()

    def facts(self, folder: Path) -> Facts:
        """The facts of the quest in `folder`; a process that dies on it is a fault of that quest."""
        line = self._ask({"folder": str(folder), "draws": DRAWS})
        if not line:
            return Facts(fault=f"{folder / 'checks.py'}: the process that loaded it ended; is PyTorch installed?")
        return _read(json.loads(line))

    def missing(self, packages: Sequence[str]) -> list[str]:
        """Those import names that the judge's interpreter (LEVELING_PYTHON, else this one) does not find."""
        line = self._ask({"packages": list(packages)}) if packages else ""
        return list(json.loads(line)["missing"]) if line else list(packages)

    def _ask(self, order: dict[str, Any]) -> str:
        """The line that answers; empty when the process ended instead."""
        with self.asking:
            return self._asked(order)

    def _asked(self, order: dict[str, Any]) -> str:
        if self.process is None or self.process.poll() is not None:
            self.process = _started()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            return self.process.stdout.readline()
        except OSError:
            return ""


def _started() -> subprocess.Popen[str]:
    python = os.environ.get("LEVELING_PYTHON") or sys.executable
    return subprocess.Popen(
        [python, "-I", "-c", BOOTSTRAP, PACKAGE_PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )


def _read(plain: dict[str, Any]) -> Facts:
    if plain["fault"]:
        return Facts(fault=plain["fault"])
    return Facts(
        checks=tuple(CheckFacts(**{**each, "after": tuple(each["after"])}) for each in plain["checks"]),
        workloads=tuple((each["name"], each["doc"]) for each in plain["workloads"]),
        questions=tuple(QuestionFacts(**{**each, "faults": tuple(each["faults"])}) for each in plain["questions"]),
    )
