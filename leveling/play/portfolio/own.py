"""What the learner added to the folder: shown in the gallery, never written."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

PICTURES = (".svg", ".png", ".pdf", ".json", ".zip")
LARGEST_HEAD = 4096  # bytes of a page in which its title is looked for


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the learner's: its place in the folder and its first heading."""

    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Own:
    """Projects (folders under projects/), posts, a page about oneself, a record of contributions, and certificates."""

    projects: tuple[Page, ...] = ()
    posts: tuple[Page, ...] = ()
    about: str = ""
    community: str = ""
    certificates: tuple[str, ...] = ()


def look(folder: Path, generated: Collection[str]) -> Own:
    """Everything that the gallery can point to and that is not generated."""
    names = [name for name in _names(folder) if name not in generated]
    projects = [f"projects/{name}" for name in _names(folder / "projects") if (folder / "projects" / name).is_dir()]
    posts = [f"posts/{name}" for name in _names(folder / "posts") if name.endswith(".md")]
    certificates = [name for name in names if name.startswith(("certificate", "leveling-")) and name.endswith(PICTURES)]
    certificates += [f"certificate/{name}" for name in _names(folder / "certificate") if name.endswith(PICTURES)]
    return Own(
        projects=tuple(Page(each, _title(folder / each / "README.md", Path(each).name)) for each in projects),
        posts=tuple(Page(each, _title(folder / each, Path(each).stem)) for each in posts if each not in generated),
        about="ABOUT.md" if "ABOUT.md" in names else "",
        community="COMMUNITY.md" if "COMMUNITY.md" in names else "",
        certificates=tuple(certificates),
    )


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as found:
            return sorted(entry.name for entry in found if not entry.name.startswith("."))
    except OSError:
        return []


def _title(path: Path, otherwise: str) -> str:
    return next(_headings(path), otherwise)


def _headings(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_HEAD).decode("utf-8", "replace")
    except OSError:
        return
    for line in text.splitlines():
        if line.startswith("# ") and line[2:].strip():
            yield line[2:].strip()
