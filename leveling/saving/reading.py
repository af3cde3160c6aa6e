"""From the bytes of a save to a record.

Sections that were read before come from a cache beside the save; the rest is parsed and validated.
"""

import contextlib
import hashlib
import json
import tomllib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from leveling.places.writing import write_atomically
from leveling.saving import migrations, tables
from leveling.saving.schema_version import FORMAT
from leveling.saving.text import Sections, split
from leveling.saving.trouble import SaveTrouble, Trouble
from leveling.world.record import NEVER_BEGUN, DrillMemory, QuestRecord, Record

CACHE_VERSION = 1
FEW = 8


def read(path: Path, cache: Path | None = None) -> tuple[Record, Sections | None]:
    """The record in `path`, and its text in pieces where it has the form that we write.

    Raises:
        SaveTrouble: unreadable, torn, invalid or from the future.
    """
    text = _text(path)
    sections = split(text)
    if sections is not None:
        with contextlib.suppress(_NotByPieces):
            return _by_pieces(sections, cache), sections
    return _whole(text, path), None


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        advice = "Make it readable for you; nothing was changed."
        raise SaveTrouble(Trouble.UNREADABLE, path, f"cannot be read ({error.strerror}). {advice}") from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SaveTrouble(Trouble.TORN, path, f"is damaged: byte {error.start} is no text") from error


class _NotByPieces(Exception):
    """The file has to be read as a whole, which also words what is wrong with it."""


def _by_pieces(sections: Sections, cache: Path | None) -> Record:
    known = _load(cache)
    fresh: dict[str, Any] = {}
    missed = 0

    def parsed(text: str) -> dict[str, Any]:
        nonlocal missed
        key = hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
        if key not in known:
            known[key] = _checked(text)
            missed += 1
        fresh[key] = known[key]
        found: dict[str, Any] = known[key]
        return found

    head = parsed(sections.head)
    quests: dict[str, QuestRecord] = {}
    drills: dict[str, DrillMemory] = {}
    for name, text in sections.quests.items():
        found = parsed(text)
        if (quest := tables.quest_of(found)) != NEVER_BEGUN:  # a section may hold nothing but drills
            quests[name] = quest
        drills.update(tables.drills_of(name, found))
    if missed > FEW and cache is not None:
        _store(cache, fresh)
    return replace(tables.head_of(head), quests=MappingProxyType(quests), drills=MappingProxyType(drills))


def _checked(text: str) -> dict[str, Any]:
    """The tables of one piece, parsed and validated: of the head as they are, of a quest the inner table."""
    from pydantic import ValidationError

    from leveling.saving.schema import QuestTable, SaveFile

    try:
        found = tomllib.loads(text)
        if "quests" not in found:
            if found.get("format") != FORMAT:
                raise _NotByPieces
            return _dumped(SaveFile.model_validate(found))
        if list(found) != ["quests"] or len(found["quests"]) != 1:
            raise _NotByPieces
        (quest,) = found["quests"].values()
        return _dumped(QuestTable.model_validate(quest))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise _NotByPieces from error


def _dumped(model: Any) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(model.model_dump(exclude_unset=True, mode="python"))
    return plain


def _whole(text: str, path: Path) -> Record:
    from pydantic import ValidationError

    from leveling.saving.schema import SaveFile

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SaveTrouble(Trouble.TORN, path, f"is damaged: {error}") from error
    version = found.get("format")
    if isinstance(version, int) and version > FORMAT:
        text = f"was written by a newer leveling (format {version}, this one knows {FORMAT}). Update leveling; nothing was changed."
        raise SaveTrouble(Trouble.FUTURE, path, text)
    try:
        plain = SaveFile.model_validate(migrations.migrated(found)).model_dump(exclude_unset=True, mode="python")
    except (ValidationError, migrations.NoWayUp) as error:
        raise SaveTrouble(Trouble.INVALID, path, f"does not hold what a save holds: {_said(error)}") from error
    return record_of(_plain(plain))


def record_of(plain: dict[str, Any]) -> Record:
    """The record of validated tables."""
    read_quests = {name: tables.quest_of(each) for name, each in plain.get("quests", {}).items()}
    quests = {name: quest for name, quest in read_quests.items() if quest != NEVER_BEGUN}
    drills = {
        key: memory
        for name, each in plain.get("quests", {}).items()
        for key, memory in tables.drills_of(name, each).items()
    }
    return replace(tables.head_of(plain), quests=MappingProxyType(quests), drills=MappingProxyType(drills))


def _said(error: Exception) -> str:
    """The first three faults of a validation, with their places."""
    details = getattr(error, "errors", None)
    if details is None:
        return str(error)
    listed = details()
    shown = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in listed[:3])
    return shown + (f"; and {len(listed) - 3} more" if len(listed) > 3 else "")


def _plain(value: Any) -> Any:
    """Enums as their words, tuples as lists, dates as keys as texts: what JSON can hold, but for moments."""
    if isinstance(value, dict):
        return {key.isoformat() if isinstance(key, date) else key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return getattr(value, "value", value)


# ---------------------------------------------------------------- the cache


def _load(cache: Path | None) -> dict[str, Any]:
    if cache is not None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            held = json.loads(cache.read_bytes())
            if held["version"] == CACHE_VERSION and held["format"] == FORMAT:
                return dict(held["sections"])
    return {}


def _store(cache: Path, sections: dict[str, Any]) -> None:
    """Best effort: a cache is no truth, and costs only time where it is missing."""
    held = {"version": CACHE_VERSION, "format": FORMAT, "sections": sections}
    with contextlib.suppress(OSError):
        cache.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(cache, json.dumps(held, default=_iso, separators=(",", ":")).encode(), lasting=False)


def _iso(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in a save")
