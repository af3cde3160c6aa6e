"""Where things lie on this system. `LEVELING_HOME` (or `--home`, which sets it) puts everything into one folder."""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]  # the folder `leveling`, beside which a checkout has its content
CHECKOUT = PACKAGE.parent


def home() -> Path | None:
    """The one folder for everything, when the user asked for that."""
    named = os.environ.get("LEVELING_HOME")
    return Path(named).expanduser().resolve() if named else None


def data_folder() -> Path:
    """Saves and what belongs to them."""
    if (chosen := home()) is not None:
        return chosen
    import platformdirs

    return Path(platformdirs.user_data_dir("leveling", appauthor=False))


def cache_folder() -> Path:
    """What can be computed again."""
    if (chosen := home()) is not None:
        return chosen / "cache"
    import platformdirs

    return Path(platformdirs.user_cache_dir("leveling", appauthor=False))


def workspace() -> Path:
    """Where `start` writes the learner's files: a folder that people find again, `leveling` in their home."""
    chosen = home()
    return Path.home() / "leveling" if chosen is None else chosen / "solutions"


def solution_path(quest_id: str, folder: Path | None = None) -> Path:
    """The learner's file of a quest, with a name that Python can import: tensors/shape-quiz -> tensors/shape_quiz.py."""
    gate, _, name = quest_id.partition("/")
    return (folder or workspace()) / gate / f"{name.replace('-', '_')}.py"


def content_folder(kind: str) -> Path:
    """`quests` or `dungeons`: beside the package in a checkout, inside it in a wheel."""
    installed = PACKAGE / "_content" / kind
    return installed if installed.is_dir() else CHECKOUT / kind
