"""One hash for everything that decides a verdict in a quest's folder: evidence names it, proofs are valid for it."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

IGNORED_FOLDERS = frozenset(("__pycache__", ".ruff_cache", ".mypy_cache", ".pytest_cache"))


def content_hash(folder: Path) -> str:
    """Names and bytes of all files of a quest's folder; SHA-256 in hexadecimal."""
    return hash_of((path.relative_to(folder).as_posix(), path) for path in files_in(folder))


def files_in(folder: Path) -> list[Path]:
    """The files that count, in the order of their names: no caches, nothing that systems leave behind."""
    found = [path for path in folder.rglob("*") if path.is_file() and not _ignored(path.relative_to(folder))]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def hash_of(files: Iterable[tuple[str, Path]]) -> str:
    """The hash over names and contents; line ends count alike, since version control may change them."""
    digest = hashlib.sha256()
    for name, path in files:
        data = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def _ignored(path: Path) -> bool:
    return bool(IGNORED_FOLDERS & set(path.parts)) or path.suffix == ".pyc" or path.name == ".DS_Store"
