"""The one place that calls into the Linux kernel: raw system calls, `prctl`, and what machine this is."""

import ctypes
import os
import platform
import sys
from functools import cache

PR_SET_NO_NEW_PRIVS = 38
_PADDING = (0, 0, 0, 0, 0)
_MOST_ARGUMENTS = 1 + len(_PADDING)


class ConfinementError(Exception):
    """A protection that this system has could not be put in place: the process must not run foreign code."""


@cache
def libc() -> ctypes.CDLL:
    """The C library of this process, with the error number kept per call."""
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    library.syscall.argtypes = [ctypes.c_long] * _MOST_ARGUMENTS  # all are passed, so that all are 64 bits wide
    return library


def syscall(number: int, *arguments: int) -> int:
    """Call the kernel directly; the result is what it returned.

    Raises:
        OSError: with the kernel's error number.
    """
    result: int = libc().syscall(number, *arguments, *_PADDING[len(arguments) :])
    if result == -1:
        raise _last_error()
    return result


def prctl(option: int, *arguments: int) -> int:
    """`prctl(2)` with unused arguments zero.

    Raises:
        OSError: with the kernel's error number.
    """
    padded = [*arguments, 0, 0, 0, 0][:4]
    result: int = libc().prctl(ctypes.c_int(option), *map(ctypes.c_ulong, padded))
    if result == -1:
        raise _last_error()
    return result


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))


@cache
def architecture() -> str | None:
    """`x86_64` or `aarch64` on 64-bit little-endian Linux of that kind, else None: only their numbers are known here."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    known = machine in ("x86_64", "aarch64") and sys.maxsize > 1 << 32 and sys.byteorder == "little"
    return machine if sys.platform == "linux" and known else None


def forbid_new_privileges() -> None:
    """No program run from here on gains rights; Landlock and seccomp ask for this first.

    Raises:
        OSError: on kernels before 3.5.
    """
    prctl(PR_SET_NO_NEW_PRIVS, 1)
