"""Earlier states of a save, thinned out: the newest few, then one a day, then one a week."""

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leveling.places.writing import write_atomically

NEWEST, DAILY, WEEKLY = 5, 7, 8
APART = timedelta(minutes=10)
_STAMP = "%Y-%m-%dT%H-%M-%S.%fZ"


def folder_of(save: Path) -> Path:
    """Where the backups of a save lie."""
    return save.parent / "backups" / save.stem


def listed(save: Path) -> list[tuple[datetime, Path]]:
    """The backups of a save, newest first."""
    found = []
    for path in folder_of(save).glob("*.toml"):
        with contextlib.suppress(ValueError):
            found.append((datetime.strptime(path.stem, _STAMP).replace(tzinfo=UTC), path))
    return sorted(found, reverse=True)


def keep(save: Path, now: datetime, *, always: bool = False) -> Path | None:
    """Keep a copy of the present file unless one was kept a moment ago. No link: an editor that writes in place would spoil both.

    Raises:
        OSError: only with `always`; otherwise a backup that cannot be made does not stand in the way of saving.
    """
    if not save.exists():
        return None
    there = listed(save)
    if there and not always and now - there[0][0] < APART:
        return None
    path = folder_of(save) / f"{now.astimezone(UTC).strftime(_STAMP)}.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, save.read_bytes())
    except OSError:
        if always:
            raise
        return None
    _thin(save)
    return path


def spared(moments: Iterable[datetime]) -> set[datetime]:
    """Which of the moments are kept: the newest few, the newest of each of some days, of each of some weeks."""
    ordered = sorted(moments, reverse=True)
    kept = set(ordered[:NEWEST])
    for count, name_of in ((DAILY, _day), (WEEKLY, _week)):
        newest: dict[str, datetime] = {}
        for moment in ordered:
            newest.setdefault(name_of(moment), moment)
        kept.update(list(newest.values())[:count])
    return kept


def _thin(save: Path) -> None:
    there = dict(listed(save))
    for moment in set(there) - spared(there):
        with contextlib.suppress(OSError):
            there[moment].unlink()


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _week(moment: datetime) -> str:
    year, week, _ = moment.isocalendar()
    return f"{year}-{week}"
