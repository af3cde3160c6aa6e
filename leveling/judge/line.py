"""The line to a worker: frames out, frames in, what it prints on the side, and how it ended."""

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable
from typing import Any

from leveling.arena import frames
from leveling.judge.handed import Output
from leveling.judge.launching import Launcher, Started
from leveling.judge.starving import Patience
from leveling.judge.troubles import Cancelled, Death, Flood, Garbled, TimeUp

MAX_OUTPUT_BEFORE_KILL = 32 << 20


class Line:
    """Frames to and from one worker. Every wait has a deadline; whoever does not keep it is killed.

    Time in which the worker could have run and got no core is not its fault: where the system tells it, the deadline moves on.

    `reported` is told what the worker says of a call that is under way: a claim like all it says, and of any form.
    """

    def __init__(self, launcher: Launcher, started: Started, output: Output, cancel_fd: int | None) -> None:
        self.launcher = launcher
        self.pid = started.pid
        self.pidfd = started.pidfd
        self.channel = started.channel
        self.printed = started.output
        self.output = output
        self.cancel_fd = cancel_fd
        self.buffer = bytearray()
        self.reported: Callable[[Any], None] | None = None
        self._ended: Death | None = None
        os.set_blocking(self.printed, False)
        os.set_blocking(self.channel, False)

    def send(self, message: dict[str, Any], seconds: float = 10.0) -> None:
        """Write one request.

        Raises:
            Death: when the worker is gone.
        """
        rest = memoryview(frames.frame(message))
        deadline = time.monotonic() + seconds
        while rest:
            try:
                rest = rest[os.write(self.channel, rest) :]
            except BlockingIOError:
                if not select.select([], [self.channel], [], max(0.0, deadline - time.monotonic()))[1]:
                    self.kill()
                    raise TimeUp(seconds) from None
            except (BrokenPipeError, ConnectionResetError):
                raise self.death() from None

    def receive(self, deadline: float, seconds: float) -> dict[str, Any]:
        """The next frame, draining output meanwhile.

        Raises:
            Death, TimeUp, Flood, Garbled, Cancelled: the worker is ended in every case.
        """
        patience = Patience(self.pid, deadline, seconds)
        poll = select.poll()
        for fd in (self.channel, self.printed, self.pidfd, self.cancel_fd):
            if fd is not None and fd >= 0:
                poll.register(fd, select.POLLIN)
        while True:
            if (message := self._answer()) is not None:
                self._drain()
                return message
            ready = {fd for fd, _ in poll.poll(patience.left() * 1000)}
            if not ready and patience.is_over():
                self.kill()
                raise TimeUp(seconds)
            if self.cancel_fd in ready:
                self.kill()
                raise Cancelled
            if self.printed in ready and not self._drain():
                poll.unregister(self.printed)
            if self.channel in ready:
                self._read_channel()
            elif self.pidfd in ready:
                raise self.death()

    def _answer(self) -> dict[str, Any] | None:
        """The next whole frame that is no report; reports are told on the way."""
        while (message := self._whole_frame()) is not None and message.keys() == {"report"}:
            if self.reported is not None:
                self.reported(message["report"])
        return message

    def _read_channel(self) -> None:
        try:
            data = os.read(self.channel, 1 << 20)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""
        if not data:
            raise self.death()
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
                data = os.read(self.printed, 1 << 16)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.output.add(data)
            if self.output.seen > MAX_OUTPUT_BEFORE_KILL:
                self.kill()
                raise Flood
        return True

    def death(self) -> Death:
        """How the worker ended, which it has: in words, with the signal or the exit status. The same each time it is asked."""
        if self._ended is None:
            with contextlib.suppress(Flood):
                self._drain()
            self.kill()
            self._ended = _as_death(self.launcher.exit_status(self.pid))
        return self._ended

    def has_answered(self) -> bool:
        """Whether something waits to be read, or the worker is gone."""
        watched = [fd for fd in (self.channel, self.pidfd) if fd >= 0]
        return bool(select.select(watched, [], [], 0)[0])

    def kill(self) -> None:
        """End the worker and its group, now."""
        if self.pidfd >= 0:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill, and give the descriptors back."""
        self.kill()
        for fd in (self.channel, self.printed, self.pidfd):
            with contextlib.suppress(OSError):
                os.close(fd)


def _as_death(status: int | None) -> Death:
    if status is None:
        return Death("the process ended")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return Death(f"the process was ended by signal {signal_name(number)}", signal_number=number)
    code = os.WEXITSTATUS(status)
    return Death(f"the process ended itself with exit status {code}", exit_code=code)


def signal_name(number: int) -> str:
    """Such as SIGSEGV; the number where it has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
