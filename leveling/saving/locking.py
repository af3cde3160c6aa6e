"""One writer at a time, across processes. The lock is on a file beside the save, which stays; a killed process lets go by itself."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from leveling.saving.trouble import SaveTrouble, Trouble

WAIT_SECONDS = 15.0
PAUSE_SECONDS = 0.005


@contextlib.contextmanager
def locked(path: Path, seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock of a save.

    Raises:
        SaveTrouble: busy, when another process keeps it that long; unwritable, when the folder takes no file.
    """
    lock = path.with_suffix(".lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        _wait(descriptor, path, seconds)
        yield
    finally:
        os.close(descriptor)


def unwritable(path: Path, error: OSError) -> SaveTrouble:
    """What to do when the disk says no."""
    advice = "Free some space" if error.errno in _FULL else "Make the folder writable, or choose another: --home DIR"
    text = f"cannot be written ({error.strerror}). {advice}; what was saved before is untouched."
    return SaveTrouble(Trouble.UNWRITABLE, path, text)


def _full_disk_errors() -> frozenset[int]:
    import errno

    return frozenset((errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC, errno.EFBIG))


_FULL = _full_disk_errors()


def _wait(descriptor: int, path: Path, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not _taken(descriptor):
        if time.monotonic() > ends:
            text = f"is being written by another leveling for {seconds:.0f} s. Close the other one, then try again."
            raise SaveTrouble(Trouble.BUSY, path, text)
        time.sleep(PAUSE_SECONDS)


if os.name == "nt":
    import msvcrt

    def _taken(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]  # Windows only
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
