"""Solutions out of certificate bundles, which strangers may have written."""

from pathlib import Path

from leveling.play.trouble import Trouble


def is_bundle(path: Path) -> bool:
    """Whether a file is taken for a bundle, by its name."""
    return path.suffix == ".zip" and not path.is_symlink() and path.is_file()


def solutions_in(path: Path) -> list[tuple[str, str]]:
    """Quest id and source of every solution in a bundle.

    Raises:
        Trouble: when the bundle is not what it should be.
    """
    raise Trouble(f"{path} cannot be read as a bundle")
