"""Bound what files, TCP ports, signals and abstract sockets a process can reach, by Landlock. Linux 5.13 and later.

What a kernel does not know is left out: version 1 guards files, 4 TCP, 6 signals and abstract sockets.
"""

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable, Iterator
from functools import cache

from leveling.arena.confine import kernel
from leveling.arena.confine.policy import Policy

_RULE = struct.Struct("<Qi")  # rights, folder or file
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every machine
_VERSION_FLAG, _RULE_PATH = 1, 1
_NO_AUDIT_LOG = 1  # from version 7: a learner's refused open is no news for the system's log

WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
TRUNCATE, DEVICE_CONTROL = 1 << 14, 1 << 15
_MAKE_DEVICES = 1 << 6 | 1 << 11
_EXECUTE = 1 << 0
# Rights over files by the version that brought them: 13 first ones; move between folders; truncate; device control;
# reach a named socket.
_FILE_RIGHTS = ((1, (1 << 13) - 1), (2, 1 << 13), (3, TRUNCATE), (5, DEVICE_CONTROL), (9, 1 << 16))
_OF_A_FILE = _EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE_CONTROL
_TCP_VERSION, _TCP_RIGHTS = 4, 0b11
SCOPE_VERSION, _SCOPES = 6, 0b11  # abstract Unix sockets, signals

READ = READ_FILE | READ_DIR
READ_WRITE = READ | WRITE_FILE | TRUNCATE
SCRATCH = ((1 << 15) - 1) & ~(_EXECUTE | _MAKE_DEVICES)
DEVICE = READ_WRITE | DEVICE_CONTROL

SHARED_MEMORY = "/dev/shm"
_NETWORK_READS = ("/sys/bus/pci/devices", "/sys/class/net", "/sys/devices")  # gloo looks where its interface sits
# What a GPU's driver reads to find its devices, and where it names its threads.
_DRIVER_READS = ("/proc/driver/nvidia", "/sys/bus/pci/devices", "/sys/devices", "/sys/module")
_DRIVER_WRITES = "/proc/self/task"

_REASONS = {
    errno.ENOSYS: "the kernel has no Landlock (it came with Linux 5.13)",
    errno.EOPNOTSUPP: "Landlock is built into the kernel but was not switched on at boot",
    errno.EPERM: "an outer sandbox (such as a container's) forbids it",
}


@cache
def probe() -> tuple[int, str]:
    """(version, why it is 0)."""
    if kernel.architecture() is None:
        return 0, "it exists on 64-bit Linux only"
    try:
        return kernel.syscall(_CREATE_RULESET, 0, 0, _VERSION_FLAG), ""
    except OSError as error:
        return 0, _REASONS.get(error.errno or 0, f"the kernel refuses it ({error.strerror})")


def restrict(policy: Policy) -> bool:
    """Bound the calling thread and all that it starts; says whether signals are bounded too. Needs `no_new_privs`.

    Paths that do not exist, or that this user cannot reach, grant nothing.

    Raises:
        OSError: the kernel refused it.
    """
    version, _ = probe()
    ruleset, handled, scoped = _create(version, tcp=not policy.loopback)
    try:
        _allow(ruleset, ((path, rights & handled) for path, rights in grants(policy)))
        kernel.syscall(_RESTRICT_SELF, ruleset, _NO_AUDIT_LOG if version >= 7 else 0)
    finally:
        os.close(ruleset)
    return scoped


def grants(policy: Policy) -> Iterator[tuple[str, int]]:
    """(path, rights over it and what lies below). Made in the process itself: `/proc/self` is its own folder."""
    yield "/proc/self", READ
    yield os.devnull, READ_WRITE
    for path in policy.read:
        yield path, READ
    if policy.scratch is not None:
        yield policy.scratch, SCRATCH
    if policy.processes:
        yield SHARED_MEMORY, SCRATCH  # named semaphores and shared tensors of multiprocessing live there
    if policy.loopback:
        yield from ((path, READ) for path in _NETWORK_READS)
    if policy.devices:
        yield from ((path, READ) for path in _DRIVER_READS)
        yield _DRIVER_WRITES, WRITE_FILE
        yield from ((path, DEVICE) for path in policy.devices)


def _create(version: int, *, tcp: bool) -> tuple[int, int, bool]:
    """(ruleset, file rights it handles, whether it holds signals); asks for less where the kernel knows less.

    Some vendors' kernels report a version without all that belongs to it.
    """
    files = sum(rights for since, rights in _FILE_RIGHTS if version >= since)
    ports = _TCP_RIGHTS if tcp and version >= _TCP_VERSION else 0
    scopes = _SCOPES if version >= SCOPE_VERSION else 0
    wishes = ((files, ports, scopes), (files, ports, 0), (files & 0xFFFF, 0, 0), (_FILE_RIGHTS[0][1], 0, 0))
    for wish in wishes:
        size = 24 if wish[2] else 16 if wish[1] else 8
        attributes = ctypes.create_string_buffer(struct.pack("@QQQ", *wish)[:size], size)
        try:
            return kernel.syscall(_CREATE_RULESET, ctypes.addressof(attributes), size, 0), wish[0], bool(wish[2])
        except OSError as error:
            if error.errno != errno.EINVAL or wish == wishes[-1]:
                raise
    raise AssertionError("the last wish returns or raises")


def _allow(ruleset: int, granted: Iterable[tuple[str, int]]) -> None:
    """Add one rule for each path. One buffer serves all: hundreds of rules are made after each fork."""
    rule = bytearray(_RULE.size)
    address = ctypes.addressof((ctypes.c_char * _RULE.size).from_buffer(rule))
    for path, rights in granted:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
            _RULE.pack_into(rule, 0, rights if is_folder else rights & _OF_A_FILE, place)
            kernel.syscall(_ADD_RULE, ruleset, _RULE_PATH, address, 0)
        finally:
            os.close(place)
