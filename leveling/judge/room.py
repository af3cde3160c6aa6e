"""A room: the judge's handle on one worker. Sends calls, keeps the time, collects output, and knows how a worker died."""

import contextlib
import os
import time
from collections.abc import Sequence
from typing import Any

from leveling.arena import wire
from leveling.arena.exchange import CAPACITY, Exchange, Writer
from leveling.judge.handed import Answer, Output, Sent, same
from leveling.judge.launching import Launcher, LaunchError, Started
from leveling.judge.line import Line
from leveling.judge.troubles import Death, Flood, Garbled, Raised, TimeUp, TooLarge

CPU_CLOCK = 2  # CPUCLOCK_SCHED: nanoseconds of CPU time of all threads of another process
READY_SECONDS = 60.0  # a spawned worker imports torch first, on a busy machine


class Room:
    """One worker from start to end. Not thread-safe; every wait has a deadline."""

    def __init__(self, launcher: Launcher, started: Started, output: Output, cancel_fd: int | None = None) -> None:
        self.pid = started.pid
        self.started = started
        self.line = Line(launcher, started, output, cancel_fd)
        self.exchange = Exchange(started.exchange_fd, CAPACITY)
        self.inputs: Writer | None = None
        self.layers: tuple[str, ...] = ()
        self.closed = False

    def await_ready(self, seconds: float) -> None:
        """Wait for the worker's first word.

        Raises:
            LaunchError: when it could not set itself up.
        """
        try:
            first = self.line.receive(time.monotonic() + seconds, seconds)
        except (Death, TimeUp, Garbled, Flood) as error:
            raise LaunchError(f"a worker did not come up: {error}") from error
        if "ready" not in first:
            raise LaunchError(str(first.get("broken", "a worker did not come up")))
        self.layers = tuple(first["ready"])

    # ---- the requests

    def begin_load(
        self, sources: dict[str, tuple[str, str]], name: str, probes: tuple[str, str], seed: int, device: str
    ) -> None:
        """Ask for the solution's top level to be run, without waiting for the worker to be up."""
        self.line.send(
            {"do": "load", "sources": sources, "name": name, "probes": probes, "seed": seed, "device": device}
        )

    def finish_load(self, seconds: float) -> None:
        """Wait until the worker is up and has loaded.

        Raises:
            LaunchError: when the worker could not set itself up.
            Raised and everything of `receive`: the solution's doing.
        """
        self.await_ready(READY_SECONDS)
        self._accept(self.line.receive(time.monotonic() + seconds, seconds))

    def place(self, inputs: dict[str, Any], seed: int, *, follow: bool = False) -> Sent:
        """Lay `inputs` into the shared memory: from its start, or with `follow` behind those of calls still under way."""
        if self.inputs is None or not follow:
            self.inputs = self.exchange.inputs()
        return Sent(wire.pack(inputs, self.inputs, whole_storages=True), inputs, seed)

    def place_many(self, inputs: Sequence[dict[str, Any]]) -> list[str]:
        """Lay several sets of inputs one after another."""
        writer = self.exchange.inputs()
        return [wire.pack(each, writer, whole_storages=True) for each in inputs]

    def begin(
        self,
        probe: str,
        sent: Sent,
        *,
        meter: str = "",
        double: bool = False,
        hold: bool = False,
        follow: bool = False,
        watch: dict[str, Any] | None = None,
    ) -> None:
        """Ask for one call without waiting for it.

        With `hold` the worker keeps the result alive until the next; with `follow` its result goes behind the one
        before, which may not have been read yet; with `watch` it reports forbidden calls.
        """
        order = {"do": "call", "probe": probe, "arguments": sent.text, "seed": sent.seed, "follow": follow}
        self.line.send({**order, "meter": meter, "double": double, "hold": hold, "watch": watch})

    def finish(self, seconds: float) -> Answer:
        """Wait for the call begun before."""
        return self._accept(self.line.receive(time.monotonic() + seconds, seconds))

    def call(
        self, probe: str, inputs: dict[str, Any], seed: int, seconds: float, *, meter: str = "", double: bool = False
    ) -> Answer:
        """Place, call and wait."""
        self.begin(probe, self.place(inputs, seed), meter=meter, double=double)
        return self.finish(seconds)

    def begin_many(self, probe: str, texts: Sequence[str], seed: int) -> None:
        """Ask for one call per placed set of inputs."""
        self.line.send({"do": "calls", "probe": probe, "arguments": list(texts), "seed": seed})

    def finish_many(self, seconds: float) -> list[str]:
        """Wait for `begin_many`; the results still as text, to be decoded outside the measured time."""
        message = self.line.receive(time.monotonic() + seconds, seconds)
        if "oks" not in message:
            self._accept(message)
        return [str(text) for text in message["oks"]]

    def decode(self, text: str) -> Any:
        """A result's text as a value with tensors of its own."""
        try:
            return wire.unpack(text, self.exchange, share=False)
        except wire.WireError as error:
            self.kill()
            raise Garbled(str(error)) from error

    def _accept(self, message: dict[str, Any]) -> Answer:
        if isinstance(message.get("error"), dict):
            raise Raised(message["error"])
        if "full" in message:
            raise TooLarge(str(message["full"])[:500])
        if not isinstance(message.get("ok"), str):
            self.kill()
            raise Garbled("an answer without a value")
        figures = message.get("figures")
        return Answer(self.decode(message["ok"]), figures if isinstance(figures, dict) else {})

    def changed_inputs(self, sent: Sent) -> list[str]:
        """Names of the tensor inputs whose bytes are not what was sent, read from the shared memory itself."""
        now = wire.unpack(sent.text, self.exchange, share=True)
        return [name for name, value in sent.originals.items() if not same(value, now[name])]

    # ---- looking from outside

    def cpu_seconds(self) -> float:
        """CPU time of the worker with all its threads, read by the kernel's own clock."""
        try:
            return time.clock_gettime((~self.pid) << 3 | CPU_CLOCK)
        except OSError:
            raise self.line.death() from None

    def address_space(self) -> tuple[int, int]:
        """(bytes mapped now, the most ever mapped)."""
        values = {}
        try:
            with open(f"/proc/{self.pid}/status", encoding="ascii", errors="replace") as status:
                for line in status:
                    name, _, rest = line.partition(":")
                    if name in ("VmSize", "VmPeak"):
                        values[name] = int(rest.split()[0]) * 1024
        except OSError:
            raise self.line.death() from None
        if len(values) < 2:
            raise self.line.death()
        return values["VmSize"], values["VmPeak"]

    def limit(self, resource_number: int, value: int) -> None:
        """Set a resource limit of the worker, soft and hard."""
        import resource

        try:
            resource.prlimit(self.pid, resource_number, (value, value))
        except ProcessLookupError:
            raise self.line.death() from None

    def has_answered(self) -> bool:
        """Whether something waits to be read, or the worker is gone."""
        return self.line.has_answered()

    def pin(self, core: int) -> None:
        """Keep the worker's threads on one core."""
        with contextlib.suppress(OSError):
            os.sched_setaffinity(self.pid, {core})

    # ---- the end

    def kill(self) -> None:
        """End the worker and its group, now."""
        self.line.kill()

    def close(self) -> None:
        """Kill and give every descriptor back. Safe to call twice."""
        if self.closed:
            return
        self.closed = True
        self.exchange.close()
        self.line.close()
        with contextlib.suppress(OSError):
            os.close(self.started.exchange_fd)
