"""What can be wrong with a save, in words for the person whose save it is."""

from enum import StrEnum
from pathlib import Path


class Trouble(StrEnum):
    """Kinds of trouble. None of them ever leads to overwriting the file."""

    UNREADABLE = "unreadable"
    TORN = "torn"
    INVALID = "invalid"
    FUTURE = "future"
    UNWRITABLE = "unwritable"
    BUSY = "busy"


class SaveTrouble(Exception):
    """A save that cannot be read or written. `backup` is the newest good one, when there is one."""

    def __init__(self, kind: Trouble, path: Path, text: str, backup: Path | None = None) -> None:
        self.kind = kind
        self.path = path
        self.backup = backup
        super().__init__(f"{path}: {text}")
