"""What this machine offers, as far as the front can know without starting PyTorch: a note that the judge's word refreshes."""

import contextlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from leveling import places
from leveling.world.card import Card


@dataclass(frozen=True, slots=True)
class Machine:
    """Import names that are not installed, and whether there is a GPU."""

    missing: frozenset[str] = frozenset()
    has_cuda: bool = False


def judge_python() -> str:
    """The interpreter that judges."""
    return os.environ.get("LEVELING_PYTHON") or sys.executable


def known(cards: Iterable[Card]) -> Machine:
    """What was noted last time for this interpreter; packages that were never asked for are looked up here."""
    noted = _noted()
    wanted = sorted({package for card in cards for package in card.packages})
    told: dict[str, bool] = noted.get("packages", {})
    own = judge_python() == sys.executable
    missing = [name for name in wanted if not (_here(name) if own else told.get(name, False))]
    return Machine(frozenset(missing), bool(noted.get("cuda", False)))


def note(*, has_cuda: bool, packages: dict[str, bool]) -> None:
    """Keep the judge's word for the next start. Costs nothing where it cannot be written."""
    path = places.cache_folder() / "machine.json"
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps({"python": judge_python(), "cuda": has_cuda, "packages": packages}), encoding="utf-8"
        )


def _noted() -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        held = json.loads((places.cache_folder() / "machine.json").read_text(encoding="utf-8"))
        if isinstance(held, dict) and held.get("python") == judge_python():
            return held
    return {}


def _here(name: str) -> bool:
    try:
        return importlib.util.find_spec(name.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False
