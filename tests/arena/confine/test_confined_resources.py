"""Memory, CPU time, descriptors and cores of a confined process."""

import errno
import os
import resource
import signal
import sys
import threading

import pytest

from leveling.arena.confine import Policy, limits

if sys.platform == "win32":
    pytest.skip("Windows has no resource limits", allow_module_level=True)

MEBIBYTE = 1 << 20
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps the limit of the address space")


def address_space() -> int:
    """Bytes that this process has mapped now."""
    with open("/proc/self/statm", encoding="ascii") as figures:
        return int(figures.read().split()[0]) * resource.getpagesize()


@ON_LINUX
def test_memory_can_be_used_up_to_the_limit_and_not_beyond(confined):
    """A Python error, not a dead machine."""
    limit = address_space() + 256 * MEBIBYTE
    assert confined(lambda: len(bytearray(128 * MEBIBYTE)), memory_bytes=limit).value == 128 * MEBIBYTE
    assert confined(lambda: len(bytearray(512 * MEBIBYTE)), memory_bytes=limit).error == "MemoryError"


@ON_LINUX
def test_threads_without_end_are_stopped_by_the_memory_limit(confined):
    """Each thread's stack counts."""
    limit = address_space() + 256 * MEBIBYTE

    def swarm() -> None:
        stop = threading.Event()
        for _ in range(100_000):
            threading.Thread(target=stop.wait, daemon=True).start()

    assert confined(swarm, memory_bytes=limit).error in ("RuntimeError", "MemoryError")


def test_cpu_time_ends(confined):
    """A loop without end is ended by the kernel even when nobody watches."""

    def spin() -> None:
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        while True:
            pass

    assert confined(spin, cpu_seconds=1).signal == signal.SIGXCPU


def test_zero_leaves_memory_and_time_to_the_judge(confined):
    """The judge lowers them later, after warming up."""
    before = [resource.getrlimit(number) for number in (resource.RLIMIT_AS, resource.RLIMIT_CPU)]
    after = confined(lambda: [resource.getrlimit(number) for number in (resource.RLIMIT_AS, resource.RLIMIT_CPU)]).value
    assert [tuple(pair) for pair in after] == before


def test_no_core_is_dumped_and_descriptors_are_few(confined):
    """A crash leaves no file; opening without end is an error."""
    assert confined(lambda: resource.getrlimit(resource.RLIMIT_CORE)).value == [0, 0]

    def hoard() -> None:
        kept = []
        while True:
            kept.append(os.dup(0))

    assert confined(hoard).errno == errno.EMFILE


def test_a_lower_limit_than_ours_stays(forked):
    """Limits only ever go down."""

    def lower_first() -> list[int]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        limits.set_limits(Policy())
        return list(resource.getrlimit(resource.RLIMIT_NOFILE))

    assert forked(lower_first).value == [64, 64]


@ON_LINUX
def test_a_fork_bomb_of_an_ordinary_user_is_bounded(forked):
    """Where processes are allowed, their number ends; root, whom that limit does not bind, is left to the judge's kill."""

    def bomb() -> list[int]:
        if os.getuid() == 0:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
        limits.set_limits(Policy(processes=1))
        return list(resource.getrlimit(resource.RLIMIT_NPROC))

    soft, hard = forked(bomb).value
    assert 0 < soft == hard < 1 << 20
