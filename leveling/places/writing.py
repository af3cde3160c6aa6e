"""Replace a file whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, data: bytes, *, mode: int = 0o600, lasting: bool = True) -> None:
    """After this returns, `data` is on disk under `path`; if it raises or the machine stops, the old content is.

    Without `lasting` it may be lost when the machine stops soon after, which is quicker: for what can be made anew.

    Raises:
        OSError: when the disk is full or the folder not writable; nothing was changed.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        try:
            _write_all(handle, data)
            if hasattr(os, "fchmod"):
                os.fchmod(handle, mode)
            if lasting:
                os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, path)  # noqa: PTH105 - beside mkstemp's own path
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 - as above
        raise
    if lasting:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename last; a system that cannot open folders does it by itself."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sweep(folder: Path, name: str, older_than: float) -> None:
    """Remove temporary files of writers that were killed: those last touched before `older_than` (seconds since 1970)."""
    for left in folder.glob(f".{name}.*.tmp"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < older_than:
                left.unlink()


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
