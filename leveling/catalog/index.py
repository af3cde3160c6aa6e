"""The cards of one gate, quickly: read from a cache while quest.toml is unchanged (size and time of change), else from the file.

One cache file a gate, so that a list costs in proportion to what it shows. A cache that cannot be read or written is no fault.
"""

import contextlib
import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from leveling import places
from leveling.catalog.faults import Fault, FaultyContent
from leveling.catalog.packs import Pack
from leveling.places.writing import write_atomically
from leveling.world.card import Card
from leveling.world.words import Kind, Rank

VERSION = 2
Stamp = list[int]


def gates_of(pack: Pack) -> list[str]:
    """Names of the folders that may hold quests."""
    return _folders(pack.quests)


def cards_of(pack: Pack, gate: str) -> tuple[list[Card], list[Fault]]:
    """The cards of a gate in the order of their names, and the faults of quests that cannot be read."""
    cache_file = _cache_file(pack, gate)
    cached = _load(cache_file)
    fresh: dict[str, Any] = {}
    cards: list[Card] = []
    faults: list[Fault] = []
    for name in _folders(pack.quests / gate):
        stamp = _stamp(pack.quests / gate / name / "quest.toml")
        if stamp is None:
            continue
        entry = cached.get(name)
        if entry is None or entry["stamp"] != stamp:
            try:
                entry = {"stamp": stamp, "card": _read(pack, gate, name)}
            except FaultyContent as faulty:
                faults += faulty.faults
                continue
        fresh[name] = entry
        cards.append(_card(entry["card"]))
    if fresh != cached:
        _store(cache_file, fresh)
    return cards, faults


def _read(pack: Pack, gate: str, name: str) -> dict[str, Any]:
    from leveling.catalog.reading import read_quest

    quest = read_quest(pack.quests / gate / name, f"{gate}/{name}", pack.name)
    card = Card(
        quest.id,
        quest.title,
        quest.rank,
        quest.kind,
        quest.minutes,
        quest.learns,
        quest.needs,
        quest.packages,
        quest.extra,
        tuple((spec.kind, spec.device) for spec in quest.gates),
        pack.name,
    )
    plain: dict[str, Any] = json.loads(json.dumps(asdict(card)))
    return plain


def _card(plain: dict[str, Any]) -> Card:
    return Card(
        **{
            **plain,
            "rank": Rank(plain["rank"]),
            "kind": Kind(plain["kind"]),
            "needs": tuple(plain["needs"]),
            "packages": tuple(plain["packages"]),
            "floors": tuple(plain["floors"]),
            "gates": tuple((kind, device) for kind, device in plain["gates"]),
        }
    )


def _folders(place: Path) -> list[str]:
    try:
        with os.scandir(place) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir() and entry.name[:1] not in "._")
    except OSError:
        return []


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns]


def _cache_file(pack: Pack, gate: str) -> Path:
    place = hashlib.sha256(str(pack.quests).encode()).hexdigest()[:12]
    return places.cache_folder() / "index" / f"{place}-{gate}.json"


def _load(path: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["version"] == VERSION and isinstance(held["quests"], dict):
            return dict(held["quests"])
    return {}


def _store(path: Path, quests: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # an index that cannot be kept is made anew each time
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps({"version": VERSION, "quests": quests}).encode(), lasting=False)
