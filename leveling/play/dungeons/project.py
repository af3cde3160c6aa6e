"""The learner's files of one dungeon: a folder of plain Python files that import one another by name."""

import ast
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from leveling.play import solutions
from leveling.play.trouble import Trouble
from leveling.world.echoes import PACKAGE

MOST_FILES = 64
_HEAD = re.compile(r"^# ---- (\S+), (\d+) lines$")


@dataclass(frozen=True, slots=True)
class Project:
    """The files of the folder, read once. `files` by module: the text, and the name that messages show."""

    folder: Path
    files: Mapping[str, tuple[str, str]]

    def used_by(self, source: str) -> tuple[tuple[str, str, str], ...]:
        """What `source` imports of the project, and what those files import in turn: module, text, path."""
        found: dict[str, tuple[str, str, str]] = {}
        waiting = list(imported_by(source))
        while waiting:
            module = waiting.pop(0)
            if module in self.files and module not in found:
                text, path = self.files[module]
                found[module] = (module, text, path)
                waiting += imported_by(text)
        return tuple(sorted(found.values()))


def read_project(path: Path) -> Project:
    """The Python files of the folder of `path`; copies that were set aside have no importable name and are passed over.

    Raises:
        Trouble: for a file that cannot be read, too many of them, and for anything that would stand in for the echoes.
    """
    folder = path.parent
    for name in (f"{PACKAGE}.py", PACKAGE):
        if (folder / name).exists():
            raise Trouble(
                f"{folder / name} would stand in for your echoes. They come from your clears alone: move it away, "
                f"and write  from {PACKAGE}.GATE import NAME"
            )
    paths = [each for each in sorted(folder.glob("*.py")) if each.stem.isidentifier()]
    if len(paths) > MOST_FILES:
        raise Trouble(f"{folder} holds {len(paths)} Python files; a project has at most {MOST_FILES}")
    return Project(folder, {each.stem: (solutions.read(each, ""), each.name) for each in paths})


def imported_by(source: str) -> tuple[str, ...]:
    """First names of all that a file imports, in its order. A file that does not parse imports nothing: it fails when loaded."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return ()
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            found[(node.module or "").partition(".")[0]] = None
        elif isinstance(node, ast.Import):
            found |= dict.fromkeys(alias.name.partition(".")[0] for alias in node.names)
    return tuple(found)


def bundled(main: tuple[str, str], modules: Iterable[tuple[str, str, str]]) -> str:
    """One text of a floor's file (name, text) and all that it imports, as it is kept when the floor is cleared.

    An echo is named by its hash: its text lies among the clears already.
    """
    parts = [_part(*main)]
    for module, text, path in sorted(modules):
        if module.partition(".")[0] == PACKAGE:
            parts.append(f"# ---- {module} {hashlib.sha256(text.encode()).hexdigest()}\n")
        else:
            parts.append(_part(path, text))
    return "".join(parts)


def _part(name: str, text: str) -> str:
    lines = text.splitlines()
    return "".join(f"{line}\n" for line in (f"# ---- {name}, {len(lines)} lines", *lines))


def unbundled(text: str) -> dict[str, str]:
    """The files of a text that `bundled` made, by name; the first is the floor's own."""
    lines = text.splitlines()
    found: dict[str, str] = {}
    at = 0
    while at < len(lines):
        head = _HEAD.match(lines[at])
        count = int(head[2]) if head else 0
        if head:
            found[head[1]] = "".join(f"{line}\n" for line in lines[at + 1 : at + 1 + count])
        at += 1 + count
    return found
