"""What every attempt of one judge process shares: the launcher, the folder for scratch space, the sandbox's path list."""

import contextlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from leveling.arena.confine import Policy, readable_paths
from leveling.arena.exchange import CAPACITY
from leveling.judge.handed import Output
from leveling.judge.launching import Launcher
from leveling.judge.remembered import Memories
from leveling.judge.room import Room
from leveling.judge.standing_by import StandbyLauncher
from leveling.world.quest import Limits

PREFIX = "leveling-judge-"
MEBIBYTE = 1 << 20
SOCKET_PATH_BYTES = 103  # of a Unix socket's path: macOS takes 103, Linux 107
SCRATCH_DEFAULT = 64  # MiB a file may grow to where a quest names no figure


class House:
    """Starts rooms and cleans up after them."""

    def __init__(self, launcher: Launcher, cancel_fd: int | None = None) -> None:
        sweep()
        self.launchers: dict[str, Launcher] = {"cpu": launcher}
        self.cancel_fd = cancel_fd
        self.root = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=short_folder()))
        self.empty = self.root / "empty"
        self.empty.mkdir(mode=0o555)
        self.rooms: list[Room] = []
        self.memories = Memories()

    def launcher(self, device: str) -> Launcher:
        """What starts workers for `device`."""
        if device not in self.launchers:
            self.launchers[device] = StandbyLauncher(device)
        return self.launchers[device]

    def open_room(
        self,
        limits: Limits,
        *,
        device: str = "cpu",
        packages: Sequence[str] = (),
        preload: Sequence[str] = (),
        scratch: Path | None = None,
        lean_memory: bool = False,
        loopback: bool = False,
        output: Output | None = None,
    ) -> Room:
        """A worker on its way up: it confines itself and then answers requests, which may be sent at once."""
        launcher = self.launcher(device)
        policy = Policy(
            read=readable_paths(tuple(packages)),
            scratch=str(scratch) if scratch else None,
            loopback=loopback,
            processes=limits.processes,
            memory_bytes=launcher.address_space() + CAPACITY + (limits.memory << 20),
            cpu_seconds=int(limits.seconds * 4) + 10,
            file_bytes=(limits.scratch or SCRATCH_DEFAULT) * MEBIBYTE if scratch else 0,
            devices=device_files(device),
        )
        folder = str(scratch or self.empty)
        started = launcher.start(policy, folder, preload=preload, lean_memory=lean_memory)
        room = Room(launcher, started, output or Output(limits.output * MEBIBYTE), self.cancel_fd)
        self.rooms.append(room)
        return room

    def scratch(self) -> Path:
        """A fresh writable folder."""
        return Path(tempfile.mkdtemp(prefix="scratch-", dir=self.root))

    def tidy(self) -> None:
        """End every room and empty the scratch space: after each attempt."""
        for room in self.rooms:
            room.close()
        self.rooms.clear()
        for path in self.root.glob("scratch-*"):
            remove_tree(path)

    def close(self) -> None:
        """End everything."""
        self.tidy()
        for launcher in self.launchers.values():
            launcher.close()
        remove_tree(self.root)


def device_files(device: str) -> tuple[str, ...]:
    """The device files that a driver opens."""
    return tuple(map(str, Path("/dev").glob("nvidia*"))) if device.startswith("cuda") else ()


def remove_tree(path: Path) -> None:
    """Delete a folder even if its owner made parts of it unreadable."""
    for _ in range(3):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
        for folder, _, _ in os.walk(path):
            with contextlib.suppress(OSError):
                os.chmod(folder, stat.S_IRWXU)
        time.sleep(0.01)


def short_folder() -> str:
    """The folder for temporary files, or /tmp where its path leaves no room for the names of sockets.

    DataLoader workers pass tensors through sockets whose paths lie three folders below (pymp-.../listener-...). A longer path than
    the kernel takes would not fail in the learner's process: the feeding thread dies, and the loader waits for ever.
    """
    folder = tempfile.gettempdir()
    below = len(f"/{PREFIX}{os.getpid()}-12345678/scratch-12345678/pymp-12345678/listener-12345678")
    fits = len(os.fsencode(folder)) + below <= SOCKET_PATH_BYTES
    return folder if fits or os.name != "posix" or not os.access("/tmp", os.W_OK) else "/tmp"  # noqa: S108  # mkdtemp makes a private folder in it


def sweep() -> None:
    """Remove the folders of judges that were killed before they could clean up."""
    for folder in {tempfile.gettempdir(), short_folder()}:
        for path in Path(folder).glob(PREFIX + "*"):
            found = re.match(rf"{PREFIX}(\d+)-", path.name)
            if found and not _lives(int(found[1])):
                remove_tree(path)


def _lives(pid: int) -> bool:
    import psutil

    return bool(psutil.pid_exists(pid))
