"""Where the settings lie, and what can be had from them before anything heavy is imported."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from leveling import places

SLOT = r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"


def path() -> Path:
    """The one file of settings."""
    return places.data_folder() / "settings.toml"


def glance() -> dict[str, Any]:
    """What the file says, unchecked; nothing when it is missing or not TOML."""
    try:
        return tomllib.loads(path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def slot() -> str | None:
    """The save that the settings name, unless the environment names one; None for the default."""
    named = glance().get("slot")
    is_name = isinstance(named, str) and re.fullmatch(SLOT, named) is not None
    return named if is_name and not os.environ.get("LEVELING_SLOT") else None


def device() -> str:
    """Where attempts run unless the command says so: what the settings name, else "auto"."""
    named = glance().get("device")
    return named if named in ("auto", "cpu", "cuda") else "auto"
