"""What every gate needs: its workload, rooms for learner and opponent, fresh inputs, and the form of the result."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from leveling.checks.base import Case, Inputs, Workload
from leveling.checks.drawing import Draw
from leveling.checks.tolerance import DEFAULT, Tolerance
from leveling.judge.calling import Sides
from leveling.judge.comparing import compare
from leveling.judge.findings import ROOM_TROUBLE, of_trouble
from leveling.judge.house import House
from leveling.judge.protocol import GateResult, Job
from leveling.judge.room import Room
from leveling.judge.seeds import derived
from leveling.judge.side import Side
from leveling.judge.suite import JudgeFault, Suite
from leveling.world.quest import GateSpec
from leveling.world.words import GateStatus

# At scale two honest float32 algorithms may differ by far more than on a check's small inputs; half precision still shows.
AT_SCALE = Tolerance(floor_eps=2048.0)


class GateTrouble(Exception):
    """The solution failed while it was measured, in another way than by the measure."""


class WrongAtScale(GateTrouble):
    """What the solution returned while it was measured is not the right result."""


class Bench:
    """One gate being weighed."""

    def __init__(self, house: House, job: Job, suite: Suite, sides: Sides, spec: GateSpec, seed: int) -> None:
        self.house = house
        self.job = job
        self.spec = spec
        self.seed = seed
        self.learner = sides.learner if spec.device == sides.learner.device else sides.learner.on(spec.device)
        opponent = self._opponent(suite, sides)
        self.opponent = opponent if spec.device == opponent.device else opponent.on(spec.device)
        workload = suite.workloads.get(spec.on)
        if workload is None:
            raise JudgeFault(f"gate {spec.name} measures workload {spec.on!r}, which checks.py does not define")
        self.workload: Workload = workload()
        self.probe = f"{workload.__name__}.probe"
        self.where = workload.calls or "the call"
        self.rounds = 0
        self.rooms: list[Room] = []

    def _opponent(self, suite: Suite, sides: Sides) -> Side:
        if not self.spec.against:
            return sides.reference
        path = Path(self.job.quest.folder) / self.spec.against
        try:
            source = path.read_text(encoding="utf-8")
        except OSError as error:
            raise JudgeFault(f"gate {self.spec.name} runs against {self.spec.against}: {error.strerror}") from error
        return Side(
            self.house,
            self.job.quest,
            source,
            path.name,
            suite.probes,
            seed=derived("solution", self.seed),
            device="cuda" if self.job.device == "cuda" else "cpu",
            echoes=self.job.lent,
        )

    # ---- rooms

    def begin(self, side: Side, *, lean_memory: bool = False) -> Room:
        """A fresh worker for `side` on its way up, closed with the bench."""
        room = side.begin_room(lean_memory=lean_memory)
        self.rooms.append(room)
        return room

    @contextlib.contextmanager
    def blamed(self, side: Side) -> Iterator[None]:
        """Trouble in the body is the learner's when `side` is theirs, else a fault of ours."""
        try:
            yield
        except ROOM_TROUBLE as error:
            if side is self.learner:
                raise
            raise self.fault(error) from error

    def close(self) -> None:
        """End the rooms."""
        for room in self.rooms:
            room.close()

    def fault(self, error: BaseException) -> JudgeFault:
        """The opponent failed: a fault of ours."""
        return JudgeFault(f"the reference fails gate {self.spec.name}: {of_trouble(error, self.where).message}")

    # ---- inputs

    def drawn(self) -> list[Inputs]:
        """Fresh full-size inputs, one set per case of the workload."""
        self.rounds += 1
        draw = Draw(f"{self.seed}:{self.spec.name}:{self.rounds}")
        return [each.inputs if isinstance(each, Case) else each for each in self.workload.cases(draw)]

    def small(self) -> Inputs:
        """Warm-up inputs."""
        return self.workload.warm_up(Draw(f"{self.seed}:{self.spec.name}:warm"))

    @property
    def call_seed(self) -> int:
        """The seed of the solution's own randomness, equal on both sides."""
        return derived("call", self.seed, self.spec.name, self.rounds)

    # ---- results

    @property
    def opponent_name(self) -> str:
        """Whom the figures are compared with."""
        return self.spec.against or "the reference"

    def same(self, got: object, want: object) -> None:
        """Demand that a measured call returned the right thing.

        Raises:
            WrongAtScale: when it did not.
        """
        if not self.workload.compare:
            return
        tolerance = self.workload.tolerance or AT_SCALE
        mismatch = compare(got, want, None, tolerance=tolerance if tolerance is not DEFAULT else AT_SCALE)
        if mismatch is not None:
            raise WrongAtScale(f"{self.where}, at the size at which it is measured, is wrong:\n  {mismatch.message}")

    def result(
        self,
        status: GateStatus,
        measured: float | None,
        *,
        message: str = "",
        limit: float | None = None,
        unit: str = "",
        yours: float | None = None,
        theirs: float | None = None,
    ) -> GateResult:
        """The result in the gate's own terms."""
        spec = self.spec
        return GateResult(
            gate=spec.kind,
            device=spec.device,
            status=status,
            measured=None if measured is None else round(measured, 4),
            limit=spec.limit if limit is None else limit,
            unit=unit or ("x reference" if spec.unit == "reference" else spec.unit),
            message=message,
            on=spec.on,
            required=spec.required,
            yours=yours,
            theirs=theirs,
            against=spec.against,
        )


def sealed(spec: GateSpec, reason: str) -> GateResult:
    """A gate that is shown with its reason and counts neither way."""
    unit = "x reference" if spec.unit == "reference" else spec.unit
    return GateResult(spec.kind, spec.device, GateStatus.SEALED, None, spec.limit, unit, reason, spec.on, spec.required)
