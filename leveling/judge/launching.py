"""Start workers: forked from the zygote on Linux CPU. Each comes with a channel, shared memory, an output pipe and a pidfd."""

import contextlib
import json
import os
import select
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from leveling.arena import exchange as exchange_file
from leveling.arena.confine import Policy

START_SECONDS = 60.0


class LaunchError(Exception):
    """No worker could be started: a fault of ours or of the machine, never of the learner."""


@dataclass(slots=True)
class Started:
    """The judge's ends of a fresh worker."""

    pid: int
    pidfd: int
    channel: int
    output: int
    exchange_fd: int


class Launcher(Protocol):
    """Whatever can start workers."""

    def preload(self, names: Sequence[str]) -> None:
        """Get ready for attempts that will need `names`, without waiting."""

    def start(
        self,
        policy: Policy,
        folder: str,
        *,
        preload: Sequence[str] = (),
        lean_memory: bool = False,
        environment: dict[str, str] | None = None,
    ) -> Started:
        """Start one worker; its first frame says ready or broken."""

    def address_space(self) -> int:
        """Bytes of address space that a fresh worker takes before it does anything."""

    def exit_status(self, pid: int) -> int | None:
        """The wait status of an ended worker, if known."""

    def close(self) -> None:
        """End everything that was started."""


class ZygoteLauncher:
    """Forks workers from a zygote that was itself forked before the judge knew anything."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            _live_as_zygote(theirs)
        theirs.close()
        self.control = ours
        self.statuses: dict[int, int] = {}

    def preload(self, names: Sequence[str]) -> None:
        """Have the zygote import `names` now, so that no attempt waits for them. Returns at once."""
        self.control.send(json.dumps({"do": "preload", "preload": list(names)}).encode())

    def start(
        self,
        policy: Policy,
        folder: str,
        *,
        preload: Sequence[str] = (),
        lean_memory: bool = False,
        environment: dict[str, str] | None = None,
    ) -> Started:
        """Fork one worker.

        Raises:
            LaunchError: when the zygote is gone or does not answer.
        """
        channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        memory = exchange_file.create_file()
        output, output_theirs = os.pipe()
        request = {
            "do": "fork",
            "policy": vars(policy),
            "folder": folder,
            "preload": list(preload),
            "lean_memory": lean_memory,
            "environment": environment or {},
        }
        try:
            socket.send_fds(self.control, [json.dumps(request).encode()], [theirs.fileno(), memory, output_theirs])
            pid, pidfd = self._await_fork(START_SECONDS + 10 * len(preload))
        except (OSError, LaunchError) as error:
            channel.close()
            for fd in (memory, output):
                os.close(fd)
            raise LaunchError(f"the process that starts workers does not answer: {error}") from error
        finally:
            theirs.close()
            os.close(output_theirs)
        return Started(pid, pidfd, channel.detach(), output, memory)

    def _await_fork(self, seconds: float) -> tuple[int, int]:
        while True:
            message, fds = self._receive(seconds)
            if "forked" in message:
                return int(message["forked"]), fds[0]

    def _receive(self, seconds: float) -> tuple[dict[str, Any], list[int]]:
        if not select.select([self.control], [], [], seconds)[0]:
            raise LaunchError("no word from it")
        data, fds, _, _ = socket.recv_fds(self.control, 1 << 16, 4)
        if not data:
            raise LaunchError("it ended")
        message = json.loads(data)
        if "ended" in message:
            self.statuses[int(message["ended"])] = int(message["status"])
        return message, fds

    def address_space(self) -> int:
        """The zygote's own."""
        import psutil

        try:
            return int(psutil.Process(self.pid).memory_info().vms)
        except psutil.Error as error:
            raise LaunchError("the process that starts workers is gone") from error

    def exit_status(self, pid: int) -> int | None:
        """The wait status of an ended worker; waits a moment for the zygote's word."""
        with contextlib.suppress(LaunchError, OSError):
            while pid not in self.statuses:
                self._receive(1.0)
        return self.statuses.pop(pid, None)

    def close(self) -> None:
        """End the zygote and with it every worker."""
        self.control.close()
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


def _live_as_zygote(control: socket.socket) -> None:
    from leveling.arena import zygote

    kept = os.dup2(control.fileno(), 99, inheritable=False)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(null, fd)
    os.closerange(3, 99)
    os.closerange(100, 65536)
    with contextlib.suppress(BaseException):
        zygote.serve(socket.socket(fileno=kept))
    os._exit(1)
