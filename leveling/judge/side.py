"""One side of an attempt: the learner's solution, the reference, or a known wrong one, driven through rooms."""

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from leveling.checks.base import Inputs
from leveling.judge import loopback
from leveling.judge.forbidding import raise_for_hits, watch_order
from leveling.judge.handed import Answer, Output, Sent
from leveling.judge.house import House
from leveling.judge.room import Room
from leveling.judge.troubles import ENDED, Death, Raised, TimeUp, TooLarge
from leveling.world.quest import Quest

LOAD_SECONDS = 20.0
WAITING_RANKS = "ranks that wait for each other: a send that nobody receives yet, a receive that nobody sends yet"
RLIMIT_FSIZE = 1


class Side:
    """Loads one solution when first needed and again after a death. Implements `leveling.checks.Caller`."""

    def __init__(
        self,
        house: House,
        quest: Quest,
        source: str,
        path: str,
        probes: str,
        *,
        seed: int,
        device: str = "cpu",
        scratch: bool = False,
        echoes: Sequence[tuple[str, str, str]] = (),
    ) -> None:
        self.house = house
        self.quest = quest
        self.echoes = echoes
        self.sources = {"solution": (source, path), **{module: (text, where) for module, text, where in echoes}}
        self.probes = (probes, "checks.py (probes)")
        self.seed = seed
        self.device = device
        self.output = Output(quest.limits.output << 20)
        self.folder: Path | None = house.scratch() if scratch else None
        self.seconds = 10.0
        self.double = False
        self.call_seed = seed
        self.meter = ""
        self.watch: dict[str, Any] | None = None
        self.reported: Callable[[Any], None] | None = None
        self.figures: dict[str, Any] = {}
        self._sent: list[int] | loopback.Unobservable = []
        self._room: Room | None = None
        self._coming: Room | None = None

    def on(self, device: str) -> "Side":
        """The same solution on another device."""
        source, path = self.sources["solution"]
        probes = self.probes[0]
        other = Side(self.house, self.quest, source, path, probes, seed=self.seed, device=device, echoes=self.echoes)
        other.output, other.folder = self.output, self.folder
        return other

    # ---- rooms

    @property
    def room(self) -> Room:
        """The worker, started and loaded on first use."""
        if self._room is None:
            self._room, self._coming = self._coming or self.begin_room(), None
            self._room.finish_load(LOAD_SECONDS)
        return self._room

    def prepare(self) -> None:
        """Start the worker now and let it load while others are started."""
        if self._room is None and self._coming is None:
            self._coming = self.begin_room()

    def fresh_room(self, *, lean_memory: bool = False) -> Room:
        """Another worker with the same solution loaded."""
        room = self.begin_room(lean_memory=lean_memory)
        room.finish_load(LOAD_SECONDS)
        return room

    def begin_room(self, *, lean_memory: bool = False) -> Room:
        """Another worker on its way, with the same solution; `finish_load` waits for it."""
        room = self.house.open_room(
            self.quest.limits,
            packages=self.quest.packages,
            preload=needed_modules(self.quest, self.probes[0], "".join(text for text, _ in self.sources.values())),
            scratch=self.folder,
            lean_memory=lean_memory,
            loopback=self.quest.limits.network,
            device=self.device,
            output=self.output,
        )
        room.line.reported = self.reported
        room.begin_load(self.sources, "solution", self.probes, self.seed, self.device)
        return room

    def drop_room(self) -> None:
        """End the worker; the next use starts another."""
        if self._room is not None:
            self._room.close()
            self._room = None

    # ---- the plain way: one call, begun and finished apart so that both sides can run at once

    def begin(
        self, probe: str, inputs: Inputs, seed: int, *, double: bool = False, meter: str = "", follow: bool = False
    ) -> Sent:
        """Place inputs and ask for one call; with `follow` others may still be under way before it."""
        sent = self.room.place(inputs, seed, follow=follow)
        watch = None if meter else self.watch
        self.room.begin(probe, sent, meter=meter, double=double, follow=follow, watch=watch)
        return sent

    def finish(self, seconds: float) -> Answer:
        """Wait for it. A side whose worker ended starts afresh next time."""
        try:
            answer = self.room.finish(seconds)
        except Raised:
            raise
        except Exception:  # every other way to end leaves no usable worker
            self.drop_room()
            raise
        raise_for_hits(answer.figures, self.quest)
        return answer

    def drain(self, count: int, seconds: float) -> None:
        """Take the answers to `count` calls that nobody wants any more; a worker that does not give them soon is ended."""
        room = self._room
        try:
            for _ in range(count if room is not None else 0):
                assert room is not None
                with contextlib.suppress(Raised, TooLarge):
                    room.finish(seconds)
        except ENDED:
            self.drop_room()

    def watch_for_forbidden(self) -> None:
        """From now on calls fail when the worker sees the solution use what the quest forbids. Metered calls are spared."""
        self.watch = watch_order(self.quest)

    # ---- the author's way (`Caller`)

    owner = ""

    @property
    def scratch(self) -> str:
        """The writable folder, empty text without one."""
        return str(self.folder) if self.folder else ""

    def call(self, probe: str, **inputs: Any) -> Any:
        """Run a probe once; the value with `TensorValue` leaves kept for the comparison."""
        self.begin(f"{self.owner}.{probe}", inputs, self.call_seed, double=self.double, meter=self.meter)
        answer = self.finish(self.seconds)
        self.figures = answer.figures
        return answer.value

    def attempt(self, probe: str, **inputs: Any) -> Any:
        """As `call`, an exception of the solution coming back as a value."""
        try:
            return self.call(probe, **inputs)
        except Raised as error:
            if error.unfinished:
                raise
            return {"raised": str(error.facts.get("type")), "message": str(error.facts.get("message"))}

    def ranks(self, probe: str, world: int, inputs: Sequence[Inputs] | None = None, **shared: Any) -> list[Any]:
        """Run a probe in `world` workers at once. The rendezvous files of earlier calls are removed first."""
        if self.folder:
            for path in self.folder.glob("rendezvous*"):
                path.unlink(missing_ok=True)
        rooms = [self.begin_room() for _ in range(world)]
        for room in rooms:
            room.finish_load(LOAD_SECONDS)
        deadline = time.monotonic() + self.seconds
        try:
            for rank, room in enumerate(rooms):
                own = {**shared, **(inputs[rank] if inputs else {}), "rank": rank, "world": world}
                room.begin(
                    f"{self.owner}.{probe}",
                    room.place(own, self.call_seed),
                    double=self.double,
                    meter=self.meter,
                    watch=None if self.meter else self.watch,
                )
            try:
                answers = [room.finish(max(0.01, deadline - time.monotonic())) for room in rooms]
            except TimeUp:
                raise TimeUp(self.seconds, WAITING_RANKS) from None
            self._sent = self._look_at_the_wire(world)
        finally:
            for room in rooms:
                room.close()
        for answer in answers:
            raise_for_hits(answer.figures, self.quest)
        self.figures = {"ranks": [answer.figures for answer in answers]}
        return [answer.value for answer in answers]

    def _look_at_the_wire(self, world: int) -> list[int] | loopback.Unobservable:
        """Read now, while the ranks' connections are open, what `sent` tells later to those who ask."""
        try:
            return loopback.sent_by_rank(self.folder or self.house.empty, world)
        except loopback.Unobservable as reason:
            return reason

    @property
    def sent(self) -> list[int]:
        """Bytes that each rank of the last `ranks` sent, gloo's own headers included, read from the kernel.

        Raises:
            Unobservable: where this system does not tell; a gate on it is sealed.
        """
        if isinstance(self._sent, loopback.Unobservable):
            raise self._sent
        return self._sent

    def restart(self) -> None:
        """End the process; the next call starts a fresh one."""
        self.drop_room()

    def limit_files(self, size: int | None) -> None:
        """Cap the size of any file that the process writes from now on."""
        if size is None:
            self.drop_room()
        else:
            self.room.limit(RLIMIT_FSIZE, size)

    def kill_during(self, probe: str, after_bytes: int, **inputs: Any) -> None:
        """Kill the process once its scratch folder holds `after_bytes` or the call has returned."""
        self.begin(f"{self.owner}.{probe}", inputs, self.call_seed)
        deadline = time.monotonic() + self.seconds
        while time.monotonic() < deadline and self.scratch_bytes() < after_bytes and not self.room.has_answered():
            time.sleep(0.0005)
        self.room.kill()
        with contextlib.suppress(Death, Raised):
            self.room.finish(5.0)
        self.drop_room()

    def scratch_bytes(self) -> int:
        """Bytes of all files in the scratch folder, as the judge sees them."""
        total = 0
        for path in self.folder.rglob("*") if self.folder else ():
            with contextlib.suppress(OSError):
                total += path.lstat().st_size
        return total


LOADS_DYNAMO = ("torch.func", "functorch", "vmap", "torch.compile", "torch._dynamo", "torch.optim", "import optim")
META = ('"meta"', "'meta'")  # of the solution alone: probes may name the device without making a tensor on it


def needed_modules(quest: Quest, probes: str, solution: str = "") -> tuple[str, ...]:
    """What the zygote must hold so that no worker pays for an import: the quest's own list, and what torch loads lazily.

    A counter of FLOPs or graphs, torch.func, torch.compile and meta tensors load torch._dynamo and the configuration of
    inductor (which makes a cache folder: in the sandbox that would be an error of the solution);
    `torch.autograd.grad` loads symbolic shapes (with sympy); what leveling.data generates is ours, and unreadable to a worker.
    """
    asked = (*quest.preload, *(("leveling.data",) if "leveling.data" in solution + probes else ()))
    counted = any(gate.kind in ("flops", "graph_breaks", "recompiles") for gate in quest.gates)
    mentioned = any(word in text for word in LOADS_DYNAMO for text in (probes, solution))
    if counted or mentioned or any(word in solution for word in META):
        return (*asked, "torch._dynamo", "torch._inductor.utils")
    differentiates = "gradients" in probes or "autograd" in probes
    return (*asked, *(("torch.fx.experimental.symbolic_shapes",) if differentiates else ()))
