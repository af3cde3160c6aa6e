"""Which files of the folder are ours, and with which content: what the learner added or edited is never touched."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from leveling.places.writing import write_atomically
from leveling.play.trouble import Trouble

NAME = ".leveling-portfolio.json"
FORMAT = 1


@dataclass(slots=True)
class Manifest:
    """Path (with /) to SHA-256 of every file that was generated, and the licence that was chosen."""

    files: dict[str, str] = field(default_factory=dict)
    licence: str = ""


@dataclass(slots=True)
class Written:
    """What an export did, by path.

    `edited` are generated files that the learner changed, `foreign` files of the learner's own where one would have been
    generated: both are left as they are.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


def digest(data: bytes) -> str:
    """SHA-256 of a text; line ends count alike, since version control may change them."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def read(folder: Path) -> Manifest:
    """The manifest of an earlier export; an empty one before the first.

    Raises:
        Trouble: when it is there and no manifest.
    """
    path = folder / NAME
    try:
        held = json.loads(path.read_bytes())
        if held["format"] != FORMAT:
            raise Trouble(
                f"{path} was written by another version of leveling (format {held['format']}); this one knows {FORMAT}"
            )
        files = {str(name): str(value) for name, value in held["files"].items()}
        return Manifest({name: value for name, value in files.items() if is_inside(name)}, str(held["licence"]))
    except FileNotFoundError:
        return Manifest()
    except OSError as error:
        raise Trouble(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        advice = "Remove it: files that are there already are then taken for your own and left alone"
        raise Trouble(f"{path} does not say which files were generated. {advice}") from None


def is_inside(name: str) -> bool:
    """Whether a path stays in the folder: the manifest lies in a repository that others may change."""
    path = PurePosixPath(name)
    return (
        bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name
    )


def rebuild(folder: Path, wanted: Mapping[str, bytes], known: Manifest) -> Written:
    """Write `wanted` into the folder, remove what was generated and is no longer wanted, and keep the manifest.

    Raises:
        Trouble: when the folder cannot be written; files are written whole or not at all.
    """
    done = Written()
    files: dict[str, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in sorted(wanted.items()):
            _place(folder, name, data, known.files.get(name), done)
            if name not in done.foreign:
                files[name] = known.files[name] if name in done.edited else digest(data)
        for name in sorted(set(known.files) - set(wanted)):
            if not _removed(folder, name, known.files[name], done):
                files[name] = known.files[name]
        text = json.dumps({"format": FORMAT, "licence": known.licence, "files": files}, indent=1, sort_keys=True)
        write_atomically(folder / NAME, text.encode() + b"\n")
    except OSError as error:
        place = error.filename or folder
        raise Trouble(
            f"{place} cannot be written: {error.strerror}. Name another folder, or make room and export again"
        ) from error
    return done


def _place(folder: Path, name: str, data: bytes, before: str | None, done: Written) -> None:
    path = folder / name
    there = _content(folder, path)
    if there is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
        done.new.append(name)
    elif there == digest(data):
        done.same.append(name)
    elif before is None:
        done.foreign.append(name)
    elif there == before:
        write_atomically(path, data)
        done.changed.append(name)
    else:
        done.edited.append(name)


def _removed(folder: Path, name: str, before: str, done: Written) -> bool:
    """Whether a generated file that is no longer wanted is gone now; an edited one stays."""
    path = folder / name
    there = _content(folder, path)
    if there is None:
        return True
    if there != before:
        done.edited.append(name)
        return False
    path.unlink()
    done.removed.append(name)
    return True


def _content(folder: Path, path: Path) -> str | None:
    """The hash of what lies there; None for nothing. What leads out of the folder, or is no file, counts as the learner's own."""
    if not path.exists() and not path.is_symlink():
        blocked = next((each for each in path.parents if each.exists()), folder)
        outside = not blocked.resolve().is_relative_to(folder.resolve()) or not blocked.is_dir()
        return "not ours" if outside else None
    if path.is_symlink() or not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        return "not ours"
    return digest(path.read_bytes())
