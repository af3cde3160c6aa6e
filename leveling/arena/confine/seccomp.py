"""Refuse system calls that a solution has no business making, by a seccomp filter. Linux on x86-64 and arm64."""

import ctypes
import errno
import os
import signal
import struct
from dataclasses import dataclass
from functools import cache

from leveling.arena.confine import bpf, kernel, syscalls
from leveling.arena.confine.bpf import ALLOW, Branch, Rule, Test
from leveling.arena.confine.policy import Policy

REFUSED = bpf.ERRNO | errno.EPERM
ABSENT = bpf.ERRNO | errno.ENOSYS
PRETENDED = bpf.ERRNO  # error number 0: the caller hears "done", nothing happened

AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SET_MODE_FILTER, _GET_ACTION_AVAILABLE = 1, 2
_OWN_PID = 0xF1D00F1D  # stands in a cached filter for the process id, which is known only after the fork

# Calls refused whatever their arguments, by what they would reach.
_REFUSED_ALWAYS = """
execve execveat
ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp migrate_pages move_pages
sched_setaffinity sched_setscheduler sched_setparam sched_setattr setpriority ioprio_set setrlimit
mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr statmount listmount
unshare setns setsid setpgid
setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid
bpf perf_event_open userfaultfd memfd_secret io_uring_setup io_uring_enter io_uring_register
keyctl add_key request_key name_to_handle_at open_by_handle_at lsm_set_self_attr
fanotify_init fanotify_mark inotify_init inotify_init1
kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct quotactl quotactl_fd
syslog personality iopl ioperm modify_ldt lookup_dcookie vhangup nfsservctl uselib ustat sysfs _sysctl sync syncfs
settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname
shmget shmat shmctl semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open mq_unlink
setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
"""

# Landlock does not see these, so they would reach every file of the user. Copying a file calls them in passing.
_MODES_AND_TIMES = "chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat utime utimes futimesat utimensat"

_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_STREAM, _SEQUENCED, _KIND_MASK = 1, 5, 0xF
_TCP, _NETLINK_ROUTE = 6, 0
_FAST_OPEN = 0x20000000  # sends to an address without the `connect` that Landlock looks at
_CLONE_THREAD = 0x10000
_CLONE_NAMESPACES_OR_SIBLING = 0x7E020000 | 0x8000
_SET_PARENT_DEATH_SIGNAL = 1
_SET_OWNER = (8, 15)  # fcntl F_SETOWN, F_SETOWN_EX: would have the kernel send signals to another process
_REFUSED_CONTROLS = (0x5412, 0x541C, 0x8901, 0x8902)  # ioctl TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a policy the filter depends on; `scoped` is whether Landlock already keeps signals inside."""

    loopback: bool = False
    processes: bool = False
    scratch: bool = False
    scoped: bool = False


def shape_of(policy: Policy, scoped: bool) -> Shape:
    """The shape of the filter for `policy`."""
    return Shape(policy.loopback, policy.processes > 0, policy.scratch is not None, scoped)


def unavailable() -> str:
    """Why no filter can be set here, or an empty string."""
    if (machine := kernel.architecture()) is None:
        return "it is known for 64-bit Linux on x86-64 and arm64 only"
    action = ctypes.c_uint32(bpf.ERRNO)
    try:
        kernel.syscall(syscalls.numbers(machine)["seccomp"], _GET_ACTION_AVAILABLE, 0, ctypes.addressof(action))
    except OSError as error:
        return f"the kernel does not offer it ({error.strerror})"
    return ""


def restrict(shape: Shape) -> None:
    """Put the filter on the calling thread and all that it starts. Needs `no_new_privs`.

    Raises:
        OSError: the kernel refused it.
    """
    machine = kernel.architecture()
    assert machine is not None, "call unavailable() first"
    template, places = compiled(machine, shape)
    code = bytearray(template)
    for place in places:
        struct.pack_into("<I", code, place, os.getpid())
    buffer = (ctypes.c_char * len(code)).from_buffer(code)
    header = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer)))
    kernel.syscall(syscalls.numbers(machine)["seccomp"], _SET_MODE_FILTER, 0, ctypes.addressof(header))


@cache
def compiled(machine: str, shape: Shape) -> tuple[bytes, tuple[int, ...]]:
    """(the filter's bytes, where in them the process id belongs) for `x86_64` or `aarch64`."""
    table = syscalls.numbers(machine)
    chosen = {table[name]: rule for name, rule in rules(shape).items() if name in table}
    limits = {syscalls.FIRST_UNKNOWN: ABSENT}
    if machine == "x86_64":
        limits[syscalls.X32_BIT] = REFUSED
    program = bpf.assemble(AUDIT_ARCHITECTURE[machine], chosen, limits)
    places = tuple(8 * index + 4 for index, step in enumerate(program) if step.value == _OWN_PID)
    return bpf.encode(program), places


def rules(shape: Shape) -> dict[str, Rule]:
    """What the filter answers to each call that is not simply allowed, by the call's name."""
    found: dict[str, Rule] = dict.fromkeys(_REFUSED_ALWAYS.split(), REFUSED)
    found |= dict.fromkeys(_MODES_AND_TIMES.split(), PRETENDED if shape.scratch else REFUSED)
    found |= _process_rules(shape) | _socket_rules(shape)
    found["prlimit64"] = _unless(Test(2, 0, differs=True), Test(2, 0, differs=True, high=True))
    found["prctl"] = (
        ((Test(0, _SET_PARENT_DEATH_SIGNAL), Test(1, signal.SIGKILL, differs=True)), PRETENDED),
        ((), ALLOW),
    )
    found["fcntl"] = _unless(*(Test(1, command) for command in _SET_OWNER))
    found["ioctl"] = _unless(*(Test(1, request) for request in _REFUSED_CONTROLS))
    return found


def _process_rules(shape: Shape) -> dict[str, Rule]:
    """Threads always; processes as the policy says; signals to itself, and to its children where Landlock holds them."""
    foreign: tuple[Branch, ...] = (((Test(0, 0, _CLONE_NAMESPACES_OR_SIBLING, differs=True),), REFUSED),)
    thread: tuple[Branch, ...] = (((Test(0, 0, _CLONE_THREAD, differs=True),), ALLOW), ((), REFUSED))
    found: dict[str, Rule] = {"clone": (*foreign, ((), ALLOW)) if shape.processes else (*foreign, *thread)}
    found["clone3"] = ABSENT  # its flags lie in memory, out of a filter's sight; the C library falls back to clone
    if not shape.processes:
        found |= dict.fromkeys(("fork", "vfork"), REFUSED)
    if not (shape.processes and shape.scoped):
        own: Rule = (((Test(0, _OWN_PID),), ALLOW), ((), REFUSED))
        found |= dict.fromkeys(("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"), own)
        found["pidfd_send_signal"] = REFUSED
    return found


def _socket_rules(shape: Shape) -> dict[str, Rule]:
    """Connected pairs always. A named Unix socket could reach the user's services, so only forking policies make one."""
    families: list[Branch] = []
    if shape.loopback:
        for family in (_AF_INET, _AF_INET6):
            stream = (Test(0, family), Test(1, _STREAM, _KIND_MASK))
            families += [((*stream, Test(2, protocol)), ALLOW) for protocol in (0, _TCP)]
        families.append(((Test(0, _AF_NETLINK), Test(2, _NETLINK_ROUTE)), ALLOW))  # lists the network interfaces
    if shape.processes:
        families.append(((Test(0, _AF_UNIX),), ALLOW))
    pairs = [((Test(0, _AF_UNIX), Test(1, kind, _KIND_MASK)), ALLOW) for kind in (_STREAM, _SEQUENCED)]
    found: dict[str, Rule] = {"socket": (*families, ((), REFUSED)), "socketpair": (*pairs, ((), REFUSED))}
    for name, flags in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):
        found[name] = _unless(Test(flags, 0, _FAST_OPEN, differs=True))
    if not (shape.loopback or shape.processes):
        found["connect"] = REFUSED
    return found


def _unless(*tests: Test) -> Rule:
    """Allowed, unless one of `tests` holds."""
    return (*(((test,), REFUSED) for test in tests), ((), ALLOW))
