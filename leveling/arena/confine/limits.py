"""Lower what the process may use, and give up every right it does not need. Rights are Linux, limits are POSIX."""

import contextlib
import ctypes
import os
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from leveling.arena.confine import kernel, syscalls
from leveling.arena.confine.policy import Policy

if sys.platform != "win32":
    import resource

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT = 1, 4, 24, 47
_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522
_MOST_CAPABILITIES = 64
_DESCRIPTORS, _DESCRIPTORS_WITH_PROCESSES = 256, 1024
_TASKS_PER_PROCESS, _SPARE_TASKS = 64, 256  # the count is of all the user's threads: room for others to come and go


def set_limits(policy: Policy) -> None:
    """Lower the resource limits, hard and soft; a limit that is already lower stays.

    Raises:
        OSError: the system refused one.
    """
    for name, soft, hard in _wanted(policy):
        if (number := getattr(resource, name, None)) is None:
            continue
        _, ceiling = resource.getrlimit(number)
        bound = hard if ceiling == resource.RLIM_INFINITY else min(hard, ceiling)
        try:
            resource.setrlimit(number, (min(soft, bound), bound))
        except ValueError as error:  # what the standard library raises for some refusals
            raise OSError(f"{name}: {error}") from error


def _wanted(policy: Policy) -> Iterator[tuple[str, int, int]]:
    """(limit, soft, hard)."""
    yield "RLIMIT_CORE", 0, 0
    yield "RLIMIT_FSIZE", policy.file_bytes, policy.file_bytes
    descriptors = _DESCRIPTORS_WITH_PROCESSES if policy.processes else _DESCRIPTORS
    yield "RLIMIT_NOFILE", descriptors, descriptors
    if policy.cpu_seconds:
        yield "RLIMIT_CPU", policy.cpu_seconds, policy.cpu_seconds + 1  # a signal first, the end a second later
    if policy.memory_bytes and sys.platform == "linux":  # macOS takes this limit and does not keep it
        yield "RLIMIT_AS", policy.memory_bytes, policy.memory_bytes
    if policy.processes and sys.platform == "linux" and os.getuid() != 0:  # root is exempt; threads count too
        tasks = _tasks_of_user() + policy.processes * _TASKS_PER_PROCESS + _SPARE_TASKS
        yield "RLIMIT_NPROC", tasks, tasks


def _tasks_of_user() -> int:
    """Threads that this user runs on the whole machine."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if folder.stat().st_uid == os.getuid():
                count += max(1, folder.joinpath("task").stat().st_nlink - 2)
    return count


def drop_capabilities() -> None:
    """Give up every capability for good: root becomes a user who owns root's files.

    Raises:
        OSError: the kernel refused it.
    """
    with contextlib.suppress(OSError):  # without the right to drop them, they are of no use: no program is run
        for number in range(_MOST_CAPABILITIES):
            kernel.prctl(_PR_CAPBSET_DROP, number)
    with contextlib.suppress(OSError):  # before Linux 4.3 there were none
        kernel.prctl(_PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), 8)
    nothing = ctypes.create_string_buffer(24)
    machine = kernel.architecture()
    assert machine is not None, "known machines only"
    kernel.syscall(syscalls.numbers(machine)["capset"], ctypes.addressof(header), ctypes.addressof(nothing))


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends.

    Raises:
        OSError: the kernel refused it.
    """
    kernel.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def refuse_inspection() -> None:
    """No other process of this user may read or trace this one's memory, environment or open files.

    What everyone may read stays readable (`status`, `stat`), and so do its clocks and limits.

    Raises:
        OSError: the kernel refused it.
    """
    kernel.prctl(_PR_SET_DUMPABLE, 0)
