"""Solutions that cleared, kept beside the save under the hash of their content."""

import hashlib
from pathlib import Path

from leveling.places.writing import write_atomically
from leveling.saving.locking import unwritable


def keep(saves: Path, source: str) -> str:
    """Store a solution; returns its SHA-256. The same text is stored once.

    Raises:
        SaveTrouble: when it cannot be written.
    """
    data = source.encode()
    digest = digest_of(source)
    path = path_of(saves, digest)
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data)
        except OSError as error:
            raise unwritable(path, error) from error
    return digest


def digest_of(source: str) -> str:
    """The hash under which a solution is kept."""
    return hashlib.sha256(source.encode()).hexdigest()


def path_of(saves: Path, digest: str) -> Path:
    """Where the solution with this hash lies."""
    return saves / "solutions" / digest[:2] / f"{digest}.py"


def text_of(saves: Path, digest: str) -> str | None:
    """The solution with this hash, or None when it is missing or its content is not what the hash says."""
    if len(digest) != 64 or not all(char in "0123456789abcdef" for char in digest):
        return None
    try:
        data = path_of(saves, digest).read_bytes()
    except OSError:
        return None
    return data.decode("utf-8", "replace") if hashlib.sha256(data).hexdigest() == digest else None
