"""quests/PROOFS.toml and dungeons/PROOFS.toml: which content of which quest was proved in full, by which engine. No torch here."""

import contextlib
import hashlib
import os
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import tomli_w

from leveling.catalog import hashing
from leveling.judge.protocol import Modules
from leveling.places.writing import write_atomically
from leveling.world.quest import Quest

NAME = "PROOFS.toml"
FORMAT = 1
ENGINE_ROOMS = ("judge", "checks", "arena")
PACKAGE = Path(__file__).resolve().parents[1]
HASH_LENGTH = 16
HEAD = "# Written by `leveling forge prove --full`. Do not edit: prove the quest again.\n\n"


class LedgerFault(Exception):
    """The ledger cannot be read or written; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One full proof. `content` and `engine` are hashes of the quest's folder and of the judge's sources."""

    content: str
    engine: str
    mutants: int
    equivalent: int
    kill_rate: float


def read(quests: Path) -> dict[str, Entry]:
    """The entries by quest id; none when there is no ledger yet.

    Raises:
        LedgerFault: when the file is unreadable, of another format, or holds something else.
    """
    path = quests / NAME
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LedgerFault(f"{path} cannot be read: {error}. Restore it from version control.") from error
    if plain.get("format") != FORMAT:
        raise LedgerFault(f"{path} has format {plain.get('format')!r}, this version reads {FORMAT}")
    try:
        return {name: Entry(**entry) for name, entry in plain.get("quests", {}).items()}
    except TypeError as error:
        raise LedgerFault(f"{path} holds an entry that is none: {error}. Restore it from version control.") from error


def write(quests: Path, entries: dict[str, Entry]) -> None:
    """Replace the ledger in one go, entries sorted by id.

    Raises:
        LedgerFault: when the folder cannot be written.
    """
    path = quests / NAME
    plain = {"format": FORMAT, "quests": {name: asdict(entries[name]) for name in sorted(entries)}}
    try:
        write_atomically(path, (HEAD + tomli_w.dumps(plain)).encode(), mode=0o644)
    except OSError as error:
        raise LedgerFault(f"{path} cannot be written: {error.strerror}") from error


def record(quests: Path, quest_id: str, entry: Entry) -> None:
    """Add or replace one entry; reads the file again, so that proofs that run side by side keep each other's entries.

    Raises:
        LedgerFault: as `read` and `write`.
    """
    with _locked(quests):
        write(quests, {**read(quests), quest_id: entry})


@contextlib.contextmanager
def _locked(quests: Path) -> Iterator[None]:
    """Keeps other proofs from writing, where the system can lock a folder; elsewhere the last one wins."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(quests, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def content_hash(folder: Path) -> str:
    """Names and bytes of all files of a quest's folder, cut to what tells two states of one quest apart."""
    return hashing.content_hash(folder)[:HASH_LENGTH]


def content_of(quest: Quest, lent: Modules) -> str:
    """As `content_hash`, for a floor together with what its solutions import."""
    own = content_hash(quest.folder)
    return hashlib.sha256(repr((own, sorted(lent))).encode()).hexdigest()[:HASH_LENGTH] if lent else own


def engine_hash() -> str:
    """The sources that decide a verdict: judge, checks and arena."""
    pairs = (
        (path.relative_to(PACKAGE).as_posix(), path)
        for room in ENGINE_ROOMS
        for path in hashing.files_in(PACKAGE / room)
    )
    return hashing.hash_of(pair for pair in pairs if pair[0].endswith(".py"))[:HASH_LENGTH]
