"""Files that a person names, and names to propose."""

from pathlib import Path


def path_of(text: str) -> Path:
    """A path as a person writes it; a relative one is taken from the working folder."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # `~nobody`: left as it is written
        return Path(text)


def free_path(folder: Path, name: str, suffix: str) -> Path:
    """A file that is not there yet: `name`, else `name-2` and so on."""
    path, number = folder / f"{name}{suffix}", 2
    while path.exists():
        path = folder / f"{name}-{number}{suffix}"
        number += 1
    return path
