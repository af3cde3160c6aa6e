"""What a confined process can do to itself, to other processes, and to the machine."""

import ctypes
import errno
import os
import platform
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from leveling.arena.confine import Policy, kernel, limits, syscalls

if sys.platform != "linux":
    pytest.skip("these processes are Linux", allow_module_level=True)

REFUSED = {errno.EPERM, errno.EACCES}


@pytest.mark.parametrize(
    "start",
    [
        os.fork,
        lambda: os.execv("/bin/true", ["true"]),
        lambda: os.posix_spawn("/bin/true", ["true"], {}),
        lambda: subprocess.run(["/bin/true"], check=True),
        lambda: os.system("true"),
    ],
    ids=["fork", "exec", "posix_spawn", "subprocess", "system"],
)
def test_no_process_and_no_program_is_started(confined, start):
    """Every way of starting one fails."""
    outcome = confined(start)
    assert outcome.errno in REFUSED or (outcome.error == "" and outcome.value not in (0, None))


def test_threads_are_free(confined):
    """Four threads run and are joined: the C library falls back from clone3 to clone."""

    def work() -> int:
        done: list[int] = []
        threads = [threading.Thread(target=done.append, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(done)

    assert confined(work).value == 4


@pytest.mark.parametrize("number", [0, signal.SIGTERM, signal.SIGKILL])
def test_no_other_process_is_signalled(confined, number):
    """Neither the judge, nor its group, nor everybody."""
    judge = os.getpid()
    for target in (judge, -os.getpgrp(), -1):
        assert confined(lambda target=target: os.kill(target, number)).errno == errno.EPERM


def test_no_signal_goes_through_a_pidfd_or_an_owner(confined):
    """The other ways to a signal are closed too."""
    import fcntl

    judge = os.getpid()
    pidfd = os.pidfd_open(judge)
    assert confined(lambda: signal.pidfd_send_signal(pidfd, signal.SIGTERM)).errno == errno.EPERM
    assert confined(lambda: fcntl.fcntl(0, fcntl.F_SETOWN, judge)).errno == errno.EPERM
    os.close(pidfd)


@pytest.mark.parametrize(
    ("end", "number"),
    [
        (os.abort, signal.SIGABRT),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), signal.SIGTERM),
        (lambda: signal.raise_signal(signal.SIGUSR1), signal.SIGUSR1),
        (lambda: ctypes.string_at(0), signal.SIGSEGV),
    ],
    ids=["abort", "kill", "raise_signal", "segfault"],
)
def test_it_may_end_itself_by_any_signal(confined, end, number):
    """Its own faults end it as they would anywhere, and the judge sees which."""

    def plainly() -> None:
        for each in (signal.SIGABRT, signal.SIGTERM, signal.SIGUSR1, signal.SIGSEGV):
            signal.signal(each, signal.SIG_DFL)
        end()

    assert confined(plainly).signal == number


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ptrace", (16, -1)),
        ("process_vm_readv", (-1, 0, 0, 0, 0)),
        ("setpriority", (0, 0, 5)),
        ("sched_setscheduler", (0, 3, 0)),
        ("unshare", (0x10000000,)),
        ("setns", (0, 0)),
        ("mount", (0, 0, 0, 0, 0)),
        ("chroot", (0,)),
        ("bpf", (0, 0, 0)),
        ("perf_event_open", (0, 0, -1, -1, 0)),
        ("userfaultfd", (0,)),
        ("io_uring_setup", (1, 0)),
        ("keyctl", (0, 0, 0)),
        ("add_key", (0, 0, 0, 0, 0)),
        ("pidfd_getfd", (0, 0, 0)),
        ("personality", (0xFFFFFFFF,)),
        ("open_by_handle_at", (0, 0, 0)),
        ("settimeofday", (0, 0)),
        ("syslog", (3, 0, 0)),
        ("reboot", (0, 0, 0, 0)),
        ("shmget", (0, 4096, 0o1600)),
        ("setsid", ()),
        ("setpgid", (0, 0)),
        ("setuid", (1,)),
        ("execveat", (-1, 0, 0, 0, 0)),
    ],
)
def test_a_call_that_computing_never_needs_is_refused(confined, call, name, arguments):
    """One row for each kind of reach: other processes, the scheduler, namespaces, the kernel, clocks, keys."""
    arguments = tuple(
        os.getppid() if value == -1 and name in ("ptrace", "process_vm_readv") else value for value in arguments
    )
    assert confined(lambda: call(name, *arguments)).errno == errno.EPERM


def test_newer_and_foreign_calls_are_refused(confined):
    """What nobody has looked at is 'not implemented'; the second table of x86-64 is refused."""
    assert confined(lambda: kernel.syscall(syscalls.FIRST_UNKNOWN)).errno == errno.ENOSYS
    assert confined(lambda: kernel.syscall(435, 0, 0)).errno == errno.ENOSYS  # clone3
    if platform.machine() == "x86_64":
        assert confined(lambda: kernel.syscall(syscalls.X32_BIT | 39)).errno == errno.EPERM


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the old way into the kernel is x86's")
def test_a_call_by_the_32_bit_way_ends_the_process(confined):
    """Its numbers mean other calls, so there is no answer but the end."""

    def interrupt() -> int:
        import mmap

        code = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"  # mov eax, 20; int 0x80; ret
        page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(code)
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        return int(ctypes.CFUNCTYPE(ctypes.c_long)(address)())

    assert confined(interrupt).signal in (signal.SIGSYS, signal.SIGSEGV)  # the latter where the kernel has no such way


def test_it_cannot_move_between_cores(confined):
    """The judge pins it to measure it."""
    assert confined(lambda: os.sched_setaffinity(0, os.sched_getaffinity(0))).errno == errno.EPERM
    assert confined(lambda: len(os.sched_getaffinity(0)) > 0).value is True


def test_no_limit_is_changed_even_by_root(confined):
    """Reading a limit is fine; setting one, to whatever value, is refused."""
    hard = resource.RLIM_INFINITY
    assert confined(lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))).error in (
        "PermissionError",
        "ValueError",
    )
    assert confined(lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0))).error in ("PermissionError", "ValueError")
    assert confined(lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))).error == "PermissionError"
    assert confined(lambda: resource.getrlimit(resource.RLIMIT_CORE)).value == [0, 0]


def test_it_dies_with_its_parent_whatever_it_says(confined):
    """The kernel's promise to end it cannot be taken back from inside."""

    def ask() -> int:
        kernel.prctl(1, 0)  # PR_SET_PDEATHSIG, none
        told = ctypes.c_int(-1)
        kernel.prctl(2, ctypes.addressof(told))  # PR_GET_PDEATHSIG
        return told.value

    assert confined(ask).value == signal.SIGKILL


def test_no_capability_is_left_and_none_comes_back(confined):
    """Root becomes a user who owns root's files."""

    def held() -> dict[str, str]:
        lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
        return {line[0]: line[1] for line in lines if line[0].startswith("Cap") or line[0] == "NoNewPrivs:"}

    found = confined(held).value
    assert found.pop("NoNewPrivs:") == "1"
    bounding = int(found.pop("CapBnd:"), 16)
    assert all(int(value, 16) == 0 for value in found.values())
    assert bounding == 0 or os.getuid() != 0


def test_with_processes_allowed_children_run_and_are_ended(confined, layers):
    """A worker pool works: fork, wait, and (where Landlock holds signals) kill; programs stay refused."""

    def pool() -> list[int]:
        first = os.fork()
        if first == 0:
            os._exit(7)
        second = os.fork()
        if second == 0:
            signal.pause()
        os.kill(second, signal.SIGKILL)
        return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in (first, second)]

    from leveling.arena.confine import landlock

    if landlock.probe()[0] < landlock.SCOPE_VERSION:
        pytest.skip("this kernel's Landlock does not hold signals")
    assert confined(pool, processes=2).value == [7, -signal.SIGKILL]
    judge = os.getpid()
    assert confined(lambda: os.kill(judge, signal.SIGTERM), processes=2).errno == errno.EPERM
    assert confined(lambda: os.execv("/bin/true", ["true"]), processes=2).errno in REFUSED
    assert (
        confined(
            lambda: kernel.syscall(syscalls.numbers(kernel.architecture())["clone"], 0x10000000 | 17), processes=2
        ).errno
        == errno.EPERM
    )
    assert confined(os.setsid, processes=2).errno == errno.EPERM


def test_the_judge_still_sees_and_steers_a_worker_of_its_own_user(forked, needs):
    """Status, clock, limits, core and signals work from outside, without root and though the worker is not dumpable."""
    needs("landlock", "seccomp", "no-inspection")

    def judge() -> dict[str, object]:
        if os.getuid() == 0:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            kernel.prctl(4, 1)  # PR_SET_DUMPABLE: a change of user took it away
        return look_at_a_worker()

    assert forked(judge).value == {
        "status": True, "stat": True, "clock": True, "limit": True, "core": True, "environ": errno.EACCES, "end": -signal.SIGKILL,
    }  # fmt: skip


def look_at_a_worker() -> dict[str, object]:
    """What the process that forked a confined worker can do to it."""
    from leveling.arena.confine import confine

    ready, told = os.pipe()
    worker = os.fork()
    if worker == 0:
        confine(Policy())
        os.write(told, b"1")
        signal.pause()
        os._exit(0)
    os.read(ready, 1)
    found: dict[str, object] = {
        "status": "VmSize" in Path(f"/proc/{worker}/status").read_text(),
        "stat": len(Path(f"/proc/{worker}/stat").read_text().split()) > 20,
        "clock": __import__("time").clock_gettime(~worker << 3 | 2) > 0,
    }
    resource.prlimit(worker, resource.RLIMIT_AS, (1 << 33, 1 << 33))
    found["limit"] = resource.prlimit(worker, resource.RLIMIT_AS) == (1 << 33, 1 << 33)
    os.sched_setaffinity(worker, {min(os.sched_getaffinity(0))})
    found["core"] = len(os.sched_getaffinity(worker)) == 1
    try:
        Path(f"/proc/{worker}/environ").read_bytes()
        found["environ"] = 0
    except OSError as error:
        found["environ"] = error.errno
    os.kill(worker, signal.SIGKILL)
    found["end"] = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    return found


def test_without_landlock_a_process_that_refuses_inspection_stays_closed(forked, needs):
    """On an old kernel the judge protects itself: a worker without capabilities cannot open its memory."""
    needs("no-inspection", "no-capabilities")

    def judge() -> object:
        limits.refuse_inspection()
        told, tell = os.pipe()
        worker = os.fork()
        if worker == 0:
            limits.drop_capabilities()
            try:
                os.open(f"/proc/{os.getppid()}/mem", os.O_RDONLY)
                os.write(tell, b"open")
            except OSError as error:
                os.write(tell, str(error.errno).encode())
            os._exit(0)
        os.waitpid(worker, 0)
        return int(os.read(told, 10))

    assert forked(judge).value == errno.EACCES
