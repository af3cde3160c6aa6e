"""Start workers by spawning fresh interpreters, two kept ready: for CUDA, and for systems without the zygote."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from leveling.arena import exchange as exchange_file
from leveling.arena import frames
from leveling.arena.confine import Policy
from leveling.judge.launching import LaunchError, Started

PACKAGE_PARENT = str(Path(__file__).resolve().parents[2])
BOOTSTRAP = "import sys; sys.path[:0] = [sys.argv[1]]; from leveling.arena.standby import main; main()"
READY = 2


@dataclass(slots=True)
class _Waiting:
    process: subprocess.Popen[bytes]
    started: Started


class StandbyLauncher:
    """Keeps `READY` interpreters with torch imported; each serves once."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self.waiting: list[_Waiting] = []
        self.taken: dict[int, subprocess.Popen[bytes]] = {}
        self.size = 0

    def preload(self, names: Sequence[str]) -> None:
        """Have interpreters waiting; what they import is decided when they are taken."""
        self._refill()

    def start(
        self,
        policy: Policy,
        folder: str,
        *,
        preload: Sequence[str] = (),
        lean_memory: bool = False,
        environment: dict[str, str] | None = None,
    ) -> Started:
        """Take a waiting interpreter, tell it what to become, and spawn its successor.

        Raises:
            LaunchError: when no interpreter can be spawned.
        """
        self._refill()
        taken = self.waiting.pop(0)
        self.taken[taken.started.pid] = taken.process
        request = {
            "policy": asdict(policy),
            "folder": folder,
            "preload": list(preload),
            "lean_memory": lean_memory,
            "environment": environment or {},
            "device": self.device,
        }
        try:
            frames.write_all(taken.started.channel, frames.frame(request))
        except (frames.ChannelClosed, OSError) as error:
            raise LaunchError(f"a worker ended before it could be used: {error}") from error
        self._refill()
        return taken.started

    def _refill(self) -> None:
        while len(self.waiting) < READY:
            self.waiting.append(self._spawn())

    def _spawn(self) -> _Waiting:
        channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        memory = exchange_file.create_file()
        output, output_theirs = os.pipe()
        passed = (theirs.fileno(), memory, output_theirs)
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-c", BOOTSTRAP, PACKAGE_PARENT, *map(str, passed)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=passed,
                start_new_session=True,
            )
        except OSError as error:
            raise LaunchError(f"no further process can be started: {error.strerror}") from error
        finally:
            theirs.close()
            os.close(output_theirs)
        pidfd = os.pidfd_open(process.pid) if hasattr(os, "pidfd_open") else -1
        return _Waiting(process, Started(process.pid, pidfd, channel.detach(), output, memory))

    def address_space(self) -> int:
        """Unknown before a worker has loaded torch: generous, since CUDA reserves address space by the terabyte."""
        return 1 << 46

    def exit_status(self, pid: int) -> int | None:
        """The wait status of an ended worker in `os.wait` form."""
        process = self.taken.pop(pid, None)
        if process is None:
            return None
        try:
            code = process.wait(5.0)
        except subprocess.TimeoutExpired:
            return None
        return -code if code < 0 else code << 8

    def close(self) -> None:
        """End every interpreter, waiting or taken."""
        processes = [*(each.process for each in self.waiting), *self.taken.values()]
        for process in processes:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5.0)
        for each in self.waiting:
            for fd in (each.started.channel, each.started.output, each.started.exchange_fd, each.started.pidfd):
                with contextlib.suppress(OSError):
                    os.close(fd)
        self.waiting.clear()
        self.taken.clear()
