"""Older formats become the present one, step by step. Each format that ever landed has a golden save under saves/golden."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from leveling.saving.schema_version import FORMAT

Step = Callable[[dict[str, Any]], dict[str, Any]]
STEPS: Mapping[int, Step] = MappingProxyType({})


class NoWayUp(Exception):
    """The tables name no format, or one from which no step leads on."""


def migrated(tables: dict[str, Any], steps: Mapping[int, Step] = STEPS, target: int = FORMAT) -> dict[str, Any]:
    """The tables in the format `target`.

    Raises:
        NoWayUp: when there is no such way.
    """
    version = tables.get("format")
    if not isinstance(version, int) or isinstance(version, bool):
        raise NoWayUp("format is missing: this is no save of leveling")
    while version < target:
        if version not in steps:
            raise NoWayUp(f"format {version} is unknown")
        tables = steps[version](tables)
        version = tables["format"]
    return tables
