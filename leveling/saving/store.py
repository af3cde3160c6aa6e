"""A folder of saves: load one, change one. Every change is read, applied and written under a lock, so two apps lose nothing."""

import hashlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from leveling import places
from leveling.places.writing import sweep, write_atomically
from leveling.saving import backups
from leveling.saving.locking import locked, unwritable
from leveling.saving.reading import read
from leveling.saving.text import Sections, render
from leveling.saving.trouble import SaveTrouble, Trouble
from leveling.world.record import Record

Change = Callable[[Record], Record]
DEFAULT_SLOT = "main"
_SLOT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_Stamp = tuple[int, int, int]


@dataclass(slots=True)
class _Known:
    """What was last read or written, and the file's stamp then."""

    stamp: _Stamp
    record: Record
    sections: Sections | None


class Store:
    """The saves under `folder` (by default where this system keeps a user's data). Cheap to make; reads when asked."""

    def __init__(self, slot: str | None = None, folder: Path | None = None) -> None:
        slot = slot or os.environ.get("LEVELING_SLOT") or DEFAULT_SLOT
        if not _SLOT.fullmatch(slot):
            text = f"{slot!r} cannot name a save: letters, digits, - and _, at most 40."
            raise SaveTrouble(Trouble.INVALID, folder or places.data_folder(), text)
        self.folder = folder or places.data_folder() / "saves"
        self.slot = slot
        self.path = self.folder / f"{slot}.toml"
        self.cache = places.cache_folder() / "saves" / f"{_short(self.path)}.json"
        self._known: _Known | None = None

    def exists(self) -> bool:
        """Whether this slot was ever saved."""
        return self.path.exists()

    def load(self, today: date | None = None) -> Record:
        """What happened so far; an empty record before the first change.

        Raises:
            SaveTrouble: for a save that cannot be read; it names the newest good backup.
        """
        stamp = _stamp(self.path)
        if stamp is None:
            if backups.listed(self.path):
                text = "is missing, but there are backups of it. To take the newest: leveling saves restore"
                raise SaveTrouble(Trouble.UNREADABLE, self.path, text, self.newest_good_backup())
            return Record(created=today or datetime.now(UTC).astimezone().date())
        if self._known is not None and self._known.stamp == stamp:
            return self._known.record
        try:
            record, sections = read(self.path, self.cache)
        except SaveTrouble as trouble:
            trouble.backup = self.newest_good_backup() if trouble.kind in (Trouble.TORN, Trouble.INVALID) else None
            raise
        self._known = _Known(stamp, record, sections)
        return record

    def update(self, change: Change) -> Record:
        """Apply `change` to what is on disk now and write it; returns the new record once it is safe.

        Raises:
            SaveTrouble: when the save cannot be read, locked or written; nothing was changed then.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.path, error) from error
        with locked(self.path):
            old = self.load()
            new = change(old)
            if new is old and self.path.exists():
                return old
            self._write(old, new)
        return new

    def newest_good_backup(self) -> Path | None:
        """The newest backup that can be read."""
        for _, path in backups.listed(self.path):
            try:
                read(path)
            except SaveTrouble:
                continue
            return path
        return None

    def back_up(self) -> Path:
        """Keep the present save as a backup now.

        Raises:
            SaveTrouble: when there is no save, or no place for the backup.
        """
        try:
            kept = backups.keep(self.path, datetime.now(UTC), always=True)
        except OSError as error:
            raise unwritable(self.path, error) from error
        if kept is None:
            raise SaveTrouble(
                Trouble.UNREADABLE, self.path, "there is no save yet: it is written with the first attempt"
            )
        return kept

    def restore(self, backup: Path) -> Path | None:
        """Put a backup in the save's place; the present file, however bad, is kept beside it. Returns where.

        Raises:
            SaveTrouble: when the backup is not good either, or nothing can be written.
        """
        read(backup)
        with locked(self.path):
            aside: Path | None = None
            try:
                data = backup.read_bytes()
                if self.path.exists():
                    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
                    aside = self.path.with_name(f"{self.slot}.replaced-{moment}.toml")
                    self.path.replace(aside)
                write_atomically(self.path, data)
            except OSError as error:
                raise unwritable(self.path, error) from error
        return aside

    def _write(self, old: Record, new: Record) -> None:
        known = self._known
        reusable = known is not None and known.record is old
        sections = render(new, old if reusable else None, known.sections if known is not None and reusable else None)
        try:
            sweep(self.folder, self.path.name, time.time() - 3600)
            backups.keep(self.path, datetime.now(UTC))
            write_atomically(self.path, sections.joined().encode())
        except OSError as error:
            raise unwritable(self.path, error) from error
        stamp = _stamp(self.path)
        self._known = _Known(stamp, new, sections) if stamp is not None else None


def slots(folder: Path | None = None) -> list[str]:
    """The names of all saves."""
    folder = folder or places.data_folder() / "saves"
    return sorted(path.stem for path in folder.glob("*.toml") if _SLOT.fullmatch(path.stem))


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _short(path: Path) -> str:
    return hashlib.blake2b(str(path.absolute()).encode(), digest_size=8).hexdigest()
