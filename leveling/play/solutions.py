"""The learner's own files: begin one, read one."""

import contextlib
import os
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from leveling import places
from leveling.play.trouble import Trouble
from leveling.world.quest import Quest
from leveling.world.words import Kind

LARGEST_SOLUTION = 1 << 20


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the learner's file lies, and whether it was written just now."""

    path: Path
    written: bool


def file_name(quest: Quest) -> str:
    """The name of the learner's file: Python, and Markdown for a report."""
    return path_of(quest).name


def path_of(quest: Quest, folder: Path | None = None) -> Path:
    """Where the learner's file of a quest or a floor lies, or will."""
    path = places.solution_path(quest.id, folder)
    return path.with_suffix(".md") if quest.kind is Kind.REPORT else path


def begin(quest: Quest, folder: Path | None = None) -> Begun:
    """Write the starter as the learner's file, unless a file is there already: work is never overwritten.

    Raises:
        Trouble: for a quiz, and when the file cannot be written.
    """
    if quest.kind is Kind.QUIZ:
        raise Trouble(f"{quest.id} is a quiz and needs no file: leveling attempt {quest.id}")
    path = path_of(quest, folder)
    starter = (quest.folder / f"starter{path.suffix}").read_bytes()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            _write_whole(file.fileno(), starter, path)
    except FileExistsError:
        if not path.is_file():
            raise Trouble(f"{path} is in the way and is no file. Move it, or name another folder: --dir DIR") from None
        return Begun(path, written=False)
    except OSError as error:
        raise Trouble(f"{path} cannot be written: {error.strerror}. Name another folder: --dir DIR") from error
    return Begun(path, written=True)


def _write_whole(descriptor: int, data: bytes, path: Path) -> None:
    """All of `data` or no file: half a starter would later be taken for the learner's work."""
    try:
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def read(path: Path, quest_id: str) -> str:
    """The text of a solution.

    Raises:
        Trouble: when it is missing, no plain file, too large, not readable or no text.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        raise Trouble(f"there is no file {path}. Write it with: leveling start {quest_id}") from None
    except OSError as error:
        raise Trouble(f"{path} cannot be read: {error.strerror}") from error
    if stat.S_ISDIR(found.st_mode):
        raise Trouble(f"{path} is a folder. Name the Python file: leveling attempt {quest_id} {path / 'FILE.py'}")
    if not stat.S_ISREG(found.st_mode):
        raise Trouble(f"{path} is no plain file. Name the Python file that holds your solution.")
    if found.st_size > LARGEST_SOLUTION:
        raise Trouble(f"{path} takes {found.st_size >> 20} MiB; a solution has at most 1 MiB. Is it the right file?")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Trouble(f"{path} cannot be read: {error.strerror}") from error
    return _decoded(data, path)


def _decoded(data: bytes, path: Path) -> str:
    if b"\0" in data:
        raise Trouble(f"{path} is binary. Name the Python file that holds your solution.")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Trouble(f"{path} is no UTF-8 text (byte {error.start}). Save it as UTF-8.") from error


def set_aside(quest: Quest, folder: Path | None, now: datetime) -> Path | None:
    """Rename the learner's file so that a blank one can be begun; returns its new place, None when there was none.

    Raises:
        Trouble: when it cannot be renamed.
    """
    path = path_of(quest, folder)
    if not path.exists():
        return None
    aside = path.with_name(f"{path.stem}.before-{now:%Y-%m-%d-%H%M%S}{path.suffix}")
    try:
        path.rename(aside)
    except OSError as error:
        raise Trouble(f"{path} cannot be set aside: {error.strerror}") from error
    return aside


def reference_of(quest: Quest) -> str:
    """The author's answer, read and not recorded as revealed; no text for a quiz."""
    with contextlib.suppress(OSError):
        return (quest.folder / "reference.py").read_text(encoding="utf-8")
    return ""
