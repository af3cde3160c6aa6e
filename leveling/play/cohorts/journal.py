"""Results as they fall, one JSON line each, safe on disk before the next is taken: a run that is cut off goes on from here."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from leveling import __version__
from leveling.play.cohorts.outcomes import Key, Outcome
from leveling.play.trouble import Trouble

FORMAT = 1


def read(path: Path) -> dict[Key, Outcome]:
    """The settled outcomes of a journal; empty when there is none. Lines that are torn or not ours are passed over.

    Raises:
        Trouble: when the file is there and cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Trouble(f"{path} cannot be read: {error.strerror}. Name other results: --out FILE") from error
    return {key: outcome for key, outcome in _entries(data) if outcome.is_settled}


def _entries(data: bytes) -> Iterator[tuple[Key, Outcome]]:
    for line in data.splitlines():
        try:
            held: dict[str, Any] = json.loads(line)
            if held["format"] == FORMAT:
                key = Key(*(str(held[name]) for name in Key.__dataclass_fields__))
                yield key, Outcome.from_json(held["outcome"])
        except (ValueError, KeyError, TypeError):
            continue


class Journal:
    """The file, open for appending."""

    def __init__(self, path: Path) -> None:
        """Open it, and close a line that was torn, so that the next does not continue it.

        Raises:
            Trouble: when it cannot be written.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.file: IO[bytes] = path.open("ab+")
            if _is_torn(self.file):
                self.file.write(b"\n")
        except OSError as error:
            raise _unwritable(path, error) from error

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def append(self, key: Key, outcome: Outcome) -> None:
        """Keep one outcome; when this returns it survives a power cut.

        Raises:
            Trouble: when the disk is full.
        """
        line = {
            "format": FORMAT,
            **{name: getattr(key, name) for name in Key.__dataclass_fields__},
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "leveling": __version__,
            "outcome": outcome.to_json(),
        }
        try:
            self.file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            self.file.flush()
            os.fsync(self.file.fileno())
        except OSError as error:
            raise _unwritable(self.path, error) from error


def _is_torn(file: IO[bytes]) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def _unwritable(path: Path, error: OSError) -> Trouble:
    return Trouble(
        f"{path} cannot be written: {error.strerror}. What was judged before is kept. Name another: --out FILE"
    )
