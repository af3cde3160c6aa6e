"""Echoes: a cleared solution can be imported in later quests as `from echoes.<gate> import <name>`."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from leveling.world import changes
from leveling.world.record import QuestRecord, Record

PACKAGE = "echoes"
_CHOICE = "echo "
_NAME = re.compile(r"^(?:class\s+)?([A-Za-z_]\w*)\(")


@dataclass(frozen=True, slots=True)
class Imported:
    """One import of echoes in a file: the module named after `echoes.`, the names taken from it, and the line.

    `module` is "" for `import echoes`, "tensors" for a gate, "tensors.segment_reduce" for a quest.
    """

    module: str
    names: tuple[str, ...]
    line: int


def module_of(quest: str) -> str:
    """The module that holds a quest's echo: "tensors/segment-reduce" -> "echoes.tensors.segment_reduce"."""
    return f"{PACKAGE}.{quest.replace('/', '.').replace('-', '_')}"


def names_in(signature: Iterable[str]) -> tuple[str, ...]:
    """What a quest's signature asks for, which is what its echo grants: functions and classes, in order, each once."""
    found = (_NAME.match(line) for line in signature)
    return tuple(dict.fromkeys(match[1] for match in found if match))


def imports_in(source: str) -> tuple[Imported, ...]:
    """The imports of echoes that the file writes out. A file that does not parse has none: it fails when it is loaded."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return ()
    found: list[Imported] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and _is_ours(node.module or ""):
            names = tuple(alias.name for alias in node.names)
            found.append(Imported((node.module or "")[len(PACKAGE) + 1 :], names, node.lineno))
        elif isinstance(node, ast.Import):
            found += [
                Imported(alias.name[len(PACKAGE) + 1 :], (), node.lineno)
                for alias in node.names
                if _is_ours(alias.name)
            ]
    return tuple(sorted(found, key=lambda each: each.line))


def _is_ours(module: str) -> bool:
    return module == PACKAGE or module.startswith(f"{PACKAGE}.")


def echo_of(record: Record, quest: str) -> str:
    """Content hash of the solution that is the quest's echo: the one chosen, else that of the best clear; empty before any."""
    known = record.quest(quest)
    chosen = record.choices.get(_CHOICE + quest)
    if chosen is not None and chosen.value in solutions_of(known):
        return chosen.value
    return known.echo


def solutions_of(known: QuestRecord) -> tuple[str, ...]:
    """The different solutions among a quest's clears, the best first."""
    order = sorted(known.clears, key=lambda clear: (clear.unaided, clear.grade.level, clear.at), reverse=True)
    return tuple(dict.fromkeys(clear.solution for clear in order if clear.solution))


def swapped(record: Record, quest: str, solution: str, now: datetime) -> Record:
    """The learner chose which of their clears is the echo."""
    return changes.chosen(record, _CHOICE + quest, solution, now)
