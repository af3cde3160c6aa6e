"""Judge one attempt from the first check to the verdict, telling each result as it falls."""

import importlib.util
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from leveling.checks.base import Case, Check
from leveling.judge import battery
from leveling.judge.calling import Sides
from leveling.judge.comparing import compare
from leveling.judge.findings import ROOM_TROUBLE, Finding, of_trouble
from leveling.judge.forbidding import forbidden_in
from leveling.judge.gates import judge_gates
from leveling.judge.house import House
from leveling.judge.launching import LaunchError
from leveling.judge.progress import Progress
from leveling.judge.protocol import CheckResult, GateResult, Job, Judgement
from leveling.judge.remembered import Remembered
from leveling.judge.running import run_check
from leveling.judge.seeds import derived, fresh
from leveling.judge.side import Side
from leveling.judge.suite import JudgeFault, Suite, load_suite
from leveling.judge.troubles import Cancelled
from leveling.judge.verdicts import cause_of_gate, grade_of, verdict_of_gate
from leveling.world.words import CheckStatus, GateStatus, Verdict

Tell = Callable[[str, dict[str, Any]], None]


class Sealed(Exception):
    """The quest cannot be judged on this machine; the text says what is missing and how to get it."""


class Attempt:
    """One job under one secret seed. `run` never raises but for a cancellation: faults become a judgement."""

    def __init__(self, house: House, job: Job, tell: Tell) -> None:
        self.house = house
        self.job = job
        self.tell = tell
        self.seed = fresh() if job.seed is None else job.seed
        self.results: list[CheckResult] = []
        self.gates: tuple[GateResult, ...] = ()
        self.first: tuple[type[Check] | None, Finding] | None = None
        self.layers: tuple[str, ...] = ()
        self.sides: Sides | None = None

    def run(self) -> Judgement:
        """Judge, and clean up whatever happens.

        Raises:
            Cancelled: when the front asked to stop.
            Sealed: when the quest needs a package or a device that is not here.
        """
        if reason := why_sealed(self.job):
            raise Sealed(reason)
        began = time.monotonic()
        try:
            judgement = self._judge()
        except (JudgeFault, LaunchError) as error:
            judgement = self._sum(Verdict.JUDGE_FAULT, str(error))
        finally:
            self.house.tidy()
        return replace(judgement, seconds=time.monotonic() - began)

    # ---- the stages

    def _judge(self) -> Judgement:
        suite = load_suite(Path(self.job.quest.folder))
        checks = [check for check in suite.checks if self._is_wanted(check)]
        self._announce(checks)
        self.sides = self._open(suite)  # the workers come up in their sandboxes while the file is read here
        if text := forbidden_in(self.job.source, self.job.path, self.job.quest):
            self._skip(checks)
            return self._sum(Verdict.FORBIDDEN, _first_line(text), detail=text)
        if (finding := self._load(self.sides)) is not None:
            self._skip(checks)
            return self._sum(finding.verdict, _first_line(finding.message), detail=finding.message)
        self._run_checks(checks)
        if self.first is None and not self.job.only and not self.job.part:
            self._run_battery(tuple(checks))
        if self.first is not None:
            _, finding = self.first
            return self._sum(finding.verdict, _first_line(finding.message), diagnosis=self._diagnose(suite))
        self._weigh(suite)
        return self._conclude()

    def _is_wanted(self, check: type[Check]) -> bool:
        if self.job.part:
            return check.part == self.job.part
        return not self.job.only or check.name() in self.job.only

    def _announce(self, checks: Iterable[type[Check]]) -> None:
        about = [{"name": check.name(), "says": check.says(), "part": check.part} for check in checks]
        gates = [{"gate": gate.kind, "device": gate.device, "on": gate.on} for gate in self.job.quest.gates]
        self.tell("started", {"quest": self.job.quest.id, "checks": about, "gates": gates})

    def _open(self, suite: Suite) -> Sides:
        quest = self.job.quest
        reference = (Path(quest.folder) / "reference.py").read_text(encoding="utf-8")
        needs_scratch = any(check.scratch for check in suite.checks) or quest.limits.scratch > 0
        both = [
            Side(
                self.house,
                quest,
                source,
                path,
                suite.probes,
                seed=derived("solution", self.seed),
                device="cuda" if self.job.device == "cuda" else "cpu",
                scratch=needs_scratch,
                echoes=echoes,
            )
            for source, path, echoes in (
                (self.job.source, self.job.path, self.job.echoes),
                (reference, "reference.py", self.job.lent),
            )
        ]
        both[0].watch_for_forbidden()
        both[0].reported = Progress(self.tell).told
        memory = self._memory()
        for side in both[:1] if memory and memory.loaded else both:
            side.prepare()
        return Sides(both[0], both[1], memory)

    def _memory(self) -> Remembered | None:
        """What the reference answered under this name, for this quest and seed."""
        if not self.job.keep:
            return None
        return self.house.memories.of(f"{self.job.keep} {self.job.quest.folder} {self.seed}")

    def _load(self, sides: Sides) -> Finding | None:
        try:
            sides.learner.room  # noqa: B018 - opening the room is what loads the solution
        except ROOM_TROUBLE as error:
            return of_trouble(error, "your file, while it was loaded,")
        self.layers = sides.learner.room.layers
        if sides.memory is not None and sides.memory.loaded:
            return None
        try:
            sides.reference.room  # noqa: B018 - as above
        except ROOM_TROUBLE as error:
            raise JudgeFault(f"the reference does not load: {of_trouble(error, 'it').message}") from error
        if sides.memory is not None:
            sides.memory.loaded = True
        return None

    def _run_checks(self, checks: list[type[Check]]) -> None:
        assert self.sides is not None
        failed_parts: set[str] = set()
        passed: set[str] = set()
        deadline = time.monotonic() + self.job.quest.limits.seconds
        for check in checks:
            stopped = check.part in failed_parts and not self.job.every
            if stopped or any(each.name() not in passed for each in check.earlier()):
                self._add(CheckResult(check.name(), CheckStatus.SKIPPED, check.says(), part=check.part))
                continue
            began = time.monotonic()
            finding = run_check(check, self.sides, self.seed)
            if finding is None and time.monotonic() > deadline and not self.job.every:
                finding = Finding(
                    Verdict.TOO_SLOW, f"all checks together took longer than {self.job.quest.limits.seconds:.0f} s"
                )
            if finding is None:
                passed.add(check.name())
            else:
                failed_parts.add(check.part)
                self.first = self.first or (check, finding)
            self._add(_result(check.name(), check.says(), check.part, finding, time.monotonic() - began))

    def _run_battery(self, checks: tuple[type[Check], ...]) -> None:
        assert self.sides is not None
        chosen = battery.suited(checks)
        if not chosen:
            return
        began = time.monotonic()
        for check in chosen:
            finding = battery.run_battery(check, self.sides, self.seed)
            if finding is not None:
                self.first = (None, finding)
                break
        self._add(
            _result(battery.NAME, battery.SAYS, "", self.first[1] if self.first else None, time.monotonic() - began)
        )

    def _skip(self, checks: Iterable[type[Check]]) -> None:
        for check in checks:
            self._add(CheckResult(check.name(), CheckStatus.SKIPPED, check.says(), part=check.part))

    def _weigh(self, suite: Suite) -> None:
        assert self.sides is not None
        if self.job.gates == "none" or self.job.only or self.job.part:
            return

        def told(result: GateResult) -> None:
            self.gates += (result,)
            self.tell("gate", _plain(result))

        judge_gates(self.house, self.job, suite, self.sides, self.seed, told, self.tell)

    # ---- telling

    def _add(self, result: CheckResult) -> None:
        self.results.append(result)
        self.tell("check", _plain(result))

    def _diagnose(self, suite: Suite) -> str:
        """The sentence of the known misconception whose output equals the learner's on the failing inputs, if any."""
        if self.first is None or not self.job.diagnose:
            return ""
        check, finding = self.first
        if check is None or check.conducted() or finding.value is None or not isinstance(finding.inputs, Case):
            return ""
        for known in self.job.quest.wrong:
            if known.caught_by == check.name() and self._equals_known(known.name, suite, check, finding):
                return known.says
        return ""

    def _equals_known(self, name: str, suite: Suite, check: type[Check], finding: Finding) -> bool:
        path = Path(self.job.quest.folder) / "wrong" / f"{name}.py"
        try:
            side = Side(
                self.house,
                self.job.quest,
                path.read_text(encoding="utf-8"),
                path.name,
                suite.probes,
                seed=derived("solution", self.seed),
                echoes=self.job.lent,
            )
            side.begin(f"{check.__name__}.probe", finding.inputs.inputs, finding.seed)
            known = side.finish(check.seconds).value
        except (*ROOM_TROUBLE, OSError, LaunchError):
            return False
        return compare(finding.value, known, None) is None

    def _conclude(self) -> Judgement:
        failed = next((gate for gate in self.gates if gate.status is GateStatus.FAILED and gate.required), None)
        if failed is not None:
            return self._sum(verdict_of_gate(failed), cause_of_gate(failed))
        return self._sum(Verdict.CLEARED, "Every check passed.")

    def _device(self) -> str:
        """Where the attempt was judged: cuda when it was asked for or a gate was weighed there."""
        weighed = any(gate.device == "cuda" and gate.status is not GateStatus.SEALED for gate in self.gates)
        return "cuda" if weighed or self.job.device == "cuda" else "cpu"

    def _sum(self, verdict: Verdict, cause: str, *, detail: str = "", diagnosis: str = "") -> Judgement:
        learner = self.sides.learner if self.sides else None
        return Judgement(
            quest=self.job.quest.id,
            verdict=verdict,
            cause=detail or cause,
            checks=tuple(self.results),
            gates=self.gates,
            grade=grade_of(self.gates) if verdict is Verdict.CLEARED else None,
            seed=self.seed,
            device=self._device(),
            output=learner.output.text() if learner else "",
            diagnosis=diagnosis,
            sandbox=self.layers,
        )


def why_sealed(job: Job) -> str:
    """Why this whole quest cannot be judged here; empty when it can."""
    missing = [name for name in job.quest.packages if not _installed(name)]
    if missing:
        return (
            f"{job.quest.id} needs {' and '.join(missing)}, not installed for {sys.executable}: "
            f"pip install 'leveling[{job.quest.extra}]'"
        )
    if job.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            return "--device cuda: PyTorch finds no CUDA device here; `leveling doctor` says why. Use --device cpu."
    return ""


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _result(name: str, says: str, part: str, finding: Finding | None, seconds: float) -> CheckResult:
    status = CheckStatus.PASSED if finding is None else CheckStatus.FAILED
    return CheckResult(name, status, says, finding.message if finding else "", part, seconds)


def _first_line(text: str) -> str:
    """The head of a finding: what was called, and the line after it that says what is wrong."""
    head, _, rest = text.strip().partition("\n")
    second = rest.strip().split("\n", 1)[0]
    return head if head.endswith(".") or not second else f"{head}: {second}"


def _plain(result: CheckResult | GateResult) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(result)


__all__ = ["Attempt", "Cancelled", "Sealed"]
