"""A room: the judge's handle on one worker. Sends calls, keeps the time, collects output, and knows how a worker died."""

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from leveling.arena import frames, wire
from leveling.arena.exchange import CAPACITY, Exchange, ExchangeFull
from leveling.judge.launching import Launcher, LaunchError, Started

MAX_OUTPUT_BEFORE_KILL = 32 << 20
CPU_CLOCK = 2  # CPUCLOCK_SCHED: nanoseconds of CPU time of all threads of another process
READY_SECONDS = 60.0  # a spawned worker imports torch first, on a busy machine


class Death(Exception):
    """The worker ended while an answer was due. `signal_number` or `exit_code` tells how, if known."""

    def __init__(self, text: str, signal_number: int = 0, exit_code: int | None = None) -> None:
        super().__init__(text)
        self.signal_number = signal_number
        self.exit_code = exit_code


class TimeUp(Exception):
    """No answer within the time; the worker has been killed. `suspect` says what the learner should look for."""

    def __init__(self, seconds: float, suspect: str = "a loop that never ends or that runs once per element") -> None:
        super().__init__(f"no answer within {seconds:.1f} s")
        self.seconds = seconds
        self.suspect = suspect


class Flood(Exception):
    """The worker printed without end; it has been killed."""


class Garbled(Exception):
    """The worker answered with something that is no answer; it has been killed."""


class Cancelled(Exception):
    """The front asked to stop."""


class Raised(Exception):
    """The solution raised. `facts` are those of `leveling.arena.telling`, each a claim of the worker."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__(str(facts.get("type")))
        self.facts = facts

    @property
    def unfinished(self) -> bool:
        """Whether it is the gap of a starter: NotImplementedError."""
        return self.facts.get("type") == "NotImplementedError"


class TooLarge(Exception):
    """A result does not fit into the shared memory or is not sendable."""


@dataclass(slots=True)
class Answer:
    """What a call returned: the value (tensors as `TensorValue`) and the worker's own counts."""

    value: Any
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Sent:
    """Inputs as they lie in the shared memory, to see later whether they changed."""

    text: str
    originals: dict[str, Any]
    seed: int


class Output:
    """What a worker printed, capped."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.parts: list[bytes] = []
        self.kept = 0
        self.seen = 0

    def add(self, data: bytes) -> None:
        """Keep what fits, count the rest."""
        self.seen += len(data)
        if self.kept < self.limit:
            data = data[: self.limit - self.kept]
            self.parts.append(data)
            self.kept += len(data)

    def text(self) -> str:
        """All that was kept, with a line that says so when it was cut."""
        text = b"".join(self.parts).decode("utf-8", "replace")
        if self.seen > self.kept:
            text += f"\n[output cut here: {self.seen:,} bytes in all, the first {self.kept:,} are shown]\n"
        return text


class Room:
    """One worker from start to end. Not thread-safe; every wait has a deadline."""

    def __init__(self, launcher: Launcher, started: Started, output: Output, cancel_fd: int | None = None) -> None:
        self.launcher = launcher
        self.pid = started.pid
        self.started = started
        self.output = output
        self.cancel_fd = cancel_fd
        self.exchange = Exchange(started.exchange_fd, CAPACITY)
        self.buffer = bytearray()
        self.layers: tuple[str, ...] = ()
        self.closed = False
        os.set_blocking(started.output, False)
        os.set_blocking(started.channel, False)

    # ---- talking

    def await_ready(self, seconds: float) -> None:
        """Wait for the worker's first word.

        Raises:
            LaunchError: when it could not set itself up.
        """
        try:
            first = self.receive(time.monotonic() + seconds, seconds)
        except (Death, TimeUp, Garbled, Flood) as error:
            raise LaunchError(f"a worker did not come up: {error}") from error
        if "ready" not in first:
            raise LaunchError(str(first.get("broken", "a worker did not come up")))
        self.layers = tuple(first["ready"])

    def send(self, message: dict[str, Any], seconds: float = 10.0) -> None:
        """Write one request.

        Raises:
            Death: when the worker is gone.
        """
        rest = memoryview(frames.frame(message))
        deadline = time.monotonic() + seconds
        while rest:
            try:
                rest = rest[os.write(self.started.channel, rest) :]
            except BlockingIOError:
                if not select.select([], [self.started.channel], [], max(0.0, deadline - time.monotonic()))[1]:
                    self.kill()
                    raise TimeUp(seconds) from None
            except (BrokenPipeError, ConnectionResetError):
                raise self._death() from None

    def receive(self, deadline: float, seconds: float) -> dict[str, Any]:
        """The next frame, draining output meanwhile.

        Raises:
            Death, TimeUp, Flood, Garbled, Cancelled: the worker is ended in every case.
        """
        poll = select.poll()
        for fd in (self.started.channel, self.started.output, self.started.pidfd, self.cancel_fd):
            if fd is not None and fd >= 0:
                poll.register(fd, select.POLLIN)
        while True:
            if (message := self._whole_frame()) is not None:
                self._drain()
                return message
            left = deadline - time.monotonic()
            ready = {fd for fd, _ in poll.poll(max(0.0, left) * 1000)} if left > 0 else set()
            if not ready and time.monotonic() >= deadline:
                self.kill()
                raise TimeUp(seconds)
            if self.cancel_fd in ready:
                self.kill()
                raise Cancelled
            if self.started.output in ready and not self._drain():
                poll.unregister(self.started.output)
            if self.started.channel in ready:
                self._read_channel()
            elif self.started.pidfd in ready:
                raise self._death()

    def _read_channel(self) -> None:
        try:
            data = os.read(self.started.channel, 1 << 20)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""
        if not data:
            raise self._death()
        self.buffer += data

    def _whole_frame(self) -> dict[str, Any] | None:
        if len(self.buffer) < frames.HEADER.size:
            return None
        (length,) = frames.HEADER.unpack_from(self.buffer)
        if length > frames.MAX_FRAME:
            self.kill()
            raise Garbled(f"an answer of {length:,} bytes")
        end = frames.HEADER.size + length
        if len(self.buffer) < end:
            return None
        body = bytes(self.buffer[frames.HEADER.size : end])
        del self.buffer[:end]
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            self.kill()
            raise Garbled(f"an answer that cannot be read: {error}") from error
        if not isinstance(message, dict):
            self.kill()
            raise Garbled("an answer of the wrong form")
        return message

    def _drain(self) -> bool:
        """Take what the worker printed; False once the pipe is closed."""
        for _ in range(64):
            try:
                data = os.read(self.started.output, 1 << 16)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.output.add(data)
            if self.output.seen > MAX_OUTPUT_BEFORE_KILL:
                self.kill()
                raise Flood
        return True

    def _death(self) -> Death:
        with contextlib.suppress(Flood):
            self._drain()
        self.kill()
        status = self.launcher.exit_status(self.pid)
        if status is None:
            return Death("the process ended")
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            return Death(f"the process was ended by signal {signal_name(number)}", signal_number=number)
        code = os.WEXITSTATUS(status)
        return Death(f"the process ended itself with exit status {code}", exit_code=code)

    # ---- the requests

    def begin_load(
        self, sources: dict[str, tuple[str, str]], name: str, probes: tuple[str, str], seed: int, device: str
    ) -> None:
        """Ask for the solution's top level to be run, without waiting for the worker to be up."""
        self.send({"do": "load", "sources": sources, "name": name, "probes": probes, "seed": seed, "device": device})

    def finish_load(self, seconds: float) -> None:
        """Wait until the worker is up and has loaded.

        Raises:
            LaunchError: when the worker could not set itself up.
            Raised and everything of `receive`: the solution's doing.
        """
        self.await_ready(READY_SECONDS)
        self._accept(self.receive(time.monotonic() + seconds, seconds))

    def place(self, inputs: dict[str, Any], seed: int) -> Sent:
        """Lay `inputs` into the shared memory from its start."""
        return Sent(wire.pack(inputs, self.exchange.inputs(), whole_storages=True), inputs, seed)

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
        watch: dict[str, Any] | None = None,
    ) -> None:
        """Ask for one call without waiting for it.

        With `hold` the worker keeps the result alive until the next; with `watch` it reports forbidden calls.
        """
        order = {"do": "call", "probe": probe, "arguments": sent.text, "seed": sent.seed}
        self.send({**order, "meter": meter, "double": double, "hold": hold, "watch": watch})

    def finish(self, seconds: float) -> Answer:
        """Wait for the call begun before."""
        return self._accept(self.receive(time.monotonic() + seconds, seconds))

    def call(
        self, probe: str, inputs: dict[str, Any], seed: int, seconds: float, *, meter: str = "", double: bool = False
    ) -> Answer:
        """Place, call and wait."""
        self.begin(probe, self.place(inputs, seed), meter=meter, double=double)
        return self.finish(seconds)

    def begin_many(self, probe: str, texts: Sequence[str], seed: int) -> None:
        """Ask for one call per placed set of inputs."""
        self.send({"do": "calls", "probe": probe, "arguments": list(texts), "seed": seed})

    def finish_many(self, seconds: float) -> list[str]:
        """Wait for `begin_many`; the results still as text, to be decoded outside the measured time."""
        message = self.receive(time.monotonic() + seconds, seconds)
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
        return [name for name, value in sent.originals.items() if not _same(value, now[name])]

    # ---- looking from outside

    def cpu_seconds(self) -> float:
        """CPU time of the worker with all its threads, read by the kernel's own clock."""
        try:
            return time.clock_gettime((~self.pid) << 3 | CPU_CLOCK)
        except OSError:
            raise self._death() from None

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
            raise self._death() from None
        if len(values) < 2:
            raise self._death()
        return values["VmSize"], values["VmPeak"]

    def limit(self, resource_number: int, value: int) -> None:
        """Set a resource limit of the worker, soft and hard."""
        import resource

        try:
            resource.prlimit(self.pid, resource_number, (value, value))
        except ProcessLookupError:
            raise self._death() from None

    def has_answered(self) -> bool:
        """Whether something waits to be read, or the worker is gone."""
        watched = [fd for fd in (self.started.channel, self.started.pidfd) if fd >= 0]
        return bool(select.select(watched, [], [], 0)[0])

    def pin(self, core: int) -> None:
        """Keep the worker's threads on one core."""
        with contextlib.suppress(OSError):
            os.sched_setaffinity(self.pid, {core})

    # ---- the end

    def kill(self) -> None:
        """End the worker and its group, now."""
        if self.started.pidfd >= 0:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self.started.pidfd, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill and give every descriptor back. Safe to call twice."""
        if self.closed:
            return
        self.closed = True
        self.kill()
        self.exchange.close()
        for fd in (self.started.channel, self.started.output, self.started.pidfd, self.started.exchange_fd):
            with contextlib.suppress(OSError):
                os.close(fd)


def signal_name(number: int) -> str:
    """Such as SIGSEGV; the number where it has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _same(before: Any, now: Any) -> bool:
    if isinstance(before, torch.Tensor):
        if before.numel() == 0:
            return True
        return before.shape == now.shape and bool(torch.equal(_bytes(before.detach()), _bytes(now.detach())))
    if isinstance(before, dict):
        return all(_same(value, now[key]) for key, value in before.items())
    if isinstance(before, list | tuple):
        return all(_same(first, second) for first, second in zip(before, now, strict=True))
    return True


def _bytes(tensor: torch.Tensor) -> torch.Tensor:
    # a tensor of one element may keep a stride of 2 through contiguous(): copy into a fresh one instead
    return torch.empty(tensor.shape, dtype=tensor.dtype).copy_(tensor).view(-1).view(torch.uint8)


__all__ = [
    "Answer",
    "Cancelled",
    "Death",
    "ExchangeFull",
    "Flood",
    "Garbled",
    "Output",
    "Raised",
    "Room",
    "Sent",
    "TimeUp",
    "TooLarge",
]
