"""Find what learners handed in: DIR/<learner>/<gate>/<quest>.py, DIR/<learner>/<gate>__<quest>.py, or a certificate bundle."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from leveling.play import solutions
from leveling.play.cohorts import bundles
from leveling.play.trouble import Trouble

MOST_FILES = 1_000_000  # a folder with more is the wrong folder
IGNORED = frozenset(("__init__.py", "conftest.py"))


@dataclass(frozen=True, slots=True)
class Submission:
    """One file of one learner. `refused` tells why it cannot be judged; `source` is empty then.

    `origin` is where it lies, relative to the cohort's folder.
    """

    learner: str
    quest: str
    origin: str
    source: str = ""
    refused: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the source, as saves name solutions."""
        return hashlib.sha256(self.source.encode("utf-8", "surrogatepass")).hexdigest()


def collect(folder: Path) -> list[Submission]:
    """Everything below `folder` that looks handed in, by learner and quest. What cannot be read is in it, with the reason.

    Links are never followed: they could name any file of this machine.

    Raises:
        Trouble: when `folder` is no folder, or holds nothing of the kind.
    """
    if not folder.is_dir():
        raise Trouble(f"{folder} is no folder. Name one that holds a folder for each learner.")
    found = [each for entry in _entries(folder) for each in _of_entry(folder, entry)]
    if not found:
        shape = "<learner>/<gate>/<quest>.py, <learner>/<gate>__<quest>.py, or certificate bundles (*.zip)"
        raise Trouble(f"{folder} holds no solutions. What is looked for in it: {shape}")
    return sorted(found, key=lambda each: (each.learner, each.quest, each.origin))


def _of_entry(root: Path, entry: Path) -> Iterator[Submission]:
    if entry.is_symlink():
        return
    if entry.is_dir():
        yield from _of_learner(root, entry)
    elif bundles.is_bundle(entry):
        yield from _of_bundle(root, entry, entry.stem)


def _of_learner(root: Path, folder: Path) -> Iterator[Submission]:
    for count, path in enumerate(_files(folder)):
        if count > MOST_FILES:
            raise Trouble(f"{folder} holds more than {MOST_FILES} files. Is it the right folder?")
        if bundles.is_bundle(path):
            yield from _of_bundle(root, path, folder.name)
            continue
        quest = quest_of(path.relative_to(folder))
        if quest:
            yield _of_file(root, path, folder.name, quest)


def quest_of(path: Path) -> str:
    """The quest that a file answers, by its place below the learner's folder; empty when it names none."""
    if path.suffix != ".py" or path.name in IGNORED:
        return ""
    if len(path.parts) == 1:
        gate, _, name = path.stem.partition("__")
    elif len(path.parts) == 2:
        gate, name = path.parent.name, path.stem
    else:
        return ""
    return f"{gate.replace('_', '-')}/{name.replace('_', '-')}" if gate and name else ""


def _of_file(root: Path, path: Path, learner: str, quest: str) -> Submission:
    origin = path.relative_to(root).as_posix()
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return Submission(learner, quest, origin, refused=f"{origin} is a link or no plain file")
        return Submission(learner, quest, origin, source=solutions.read(path, quest))
    except OSError as error:
        return Submission(learner, quest, origin, refused=f"{origin} cannot be read: {error.strerror}")
    except Trouble as trouble:
        return Submission(learner, quest, origin, refused=str(trouble))


def _of_bundle(root: Path, path: Path, learner: str) -> Iterator[Submission]:
    origin = path.relative_to(root).as_posix()
    try:
        held = bundles.solutions_in(path)
    except Trouble as trouble:
        yield Submission(learner, "", origin, refused=str(trouble))
        return
    for each in held:
        yield Submission(learner, each.quest, f"{origin}:{each.quest}", each.source, each.refused)


def _entries(folder: Path) -> list[Path]:
    with os.scandir(folder) as found:
        return sorted(Path(entry.path) for entry in found if not entry.name.startswith((".", "_")))


def _files(folder: Path) -> Iterator[Path]:
    """Files two levels deep, without following links to folders."""
    for entry in _entries(folder):
        if entry.is_dir() and not entry.is_symlink():
            yield from (each for each in _entries(entry) if not each.is_dir())
        else:
            yield entry
