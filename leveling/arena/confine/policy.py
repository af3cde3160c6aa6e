"""What one confined process may do. Everything that is not named here is refused."""

from dataclasses import dataclass

from leveling.arena.confine.paths import readable_paths

__all__ = ["Policy", "readable_paths"]


@dataclass(frozen=True)
class Policy:
    """The rights of one worker.

    Attributes:
        read: files and folders (with all below them) that may be read; see `readable_paths`.
        scratch: the one folder that may be written, or None.
        loopback: whether TCP sockets may be made (for quests about collectives).
        processes: about how many processes it may fork; 0 means none. Threads are always free.
        memory_bytes: cap on the address space; 0 leaves it to the judge.
        cpu_seconds: cap on CPU time of all threads together; 0 leaves it to the judge.
        file_bytes: the largest size a file may grow to; 0 means no file may grow.
        devices: device files that may be used (read, written, controlled), such as those of a GPU.
    """

    read: tuple[str, ...] = ()
    scratch: str | None = None
    loopback: bool = False
    processes: int = 0
    memory_bytes: int = 0
    cpu_seconds: int = 0
    file_bytes: int = 0
    devices: tuple[str, ...] = ()
