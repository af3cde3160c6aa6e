"""Load a quest's `checks.py` into the judge: checks in order, workloads, questions, and the probes' source."""

import sys
import types
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from leveling.checks.base import Check, Question, Workload
from leveling.checks.slicing import SliceError, probe_source


class JudgeFault(Exception):
    """Something of ours (judge, quest, machine) went wrong. Never the learner's fault, never shown as theirs."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What `checks.py` defines, in its own order."""

    checks: tuple[type[Check], ...]
    workloads: dict[str, type[Workload]]
    questions: tuple[type[Question], ...]
    probes: str

    def check(self, name: str) -> type[Check] | None:
        """The check of that kebab-case name."""
        return next((each for each in self.checks if each.name() == name), None)


def load_suite(folder: Path) -> Suite:
    """Import `checks.py` of a quest's folder under a private name.

    Raises:
        JudgeFault: when it is missing, does not import, or defines nothing.
    """
    path = folder / "checks.py"
    try:
        source = path.read_text(encoding="utf-8")
        probes = probe_source(source)
        module = _execute(path, source)
    except (OSError, UnicodeDecodeError, SliceError) as error:
        raise JudgeFault(f"{path}: {error}") from error
    own = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__]
    suite = Suite(
        checks=tuple(each for each in own if issubclass(each, Check) and _is_whole(each)),
        workloads={each.__name__: each for each in own if issubclass(each, Workload)},
        questions=tuple(each for each in own if issubclass(each, Question) and not each.__name__.startswith("_")),
        probes=probes,
    )
    if not suite.checks and not suite.questions:
        raise JudgeFault(f"{path} defines no Check and no Question")
    return suite


def _is_whole(check: type[Check]) -> bool:
    """Whether it can be run: what others derive from has no probe yet, or a name that begins with an underscore."""
    return not check.__name__.startswith("_") and (hasattr(check, "probe") or check.conducted())


@lru_cache(
    maxsize=32
)  # as for the slices: compiling takes some 7 ms, and a learner attempts the same quest again and again
def _compiled(source: str, path: str) -> types.CodeType:
    return compile(source, path, "exec")


def _execute(path: Path, source: str) -> types.ModuleType:
    name = "quest_checks_" + path.parent.name.replace("-", "_")
    module = types.ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        exec(_compiled(source, str(path)), module.__dict__)
    except Exception as error:  # an author's file may raise anything; the blame is typed as ours
        raise JudgeFault(f"{path} does not import: {type(error).__name__}: {error}") from error
    return module
