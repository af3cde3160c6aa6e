"""`forge new`: the folder of a quest with every file it needs; what the author must fill in says so."""

import re
from pathlib import Path

from leveling.forge import templates

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*")


class NewFault(Exception):
    """A new quest cannot be written; the text says why and what to do."""


def write_quest(quests: Path, quest_id: str, kind: str) -> Path:
    """Write the folder of a new quest and return it.

    Raises:
        NewFault: when the id is none, the folder exists, or it cannot be written.
    """
    if not ID.fullmatch(quest_id):
        raise NewFault(
            f"{quest_id!r} is no quest id: write gate/quest in lower case with hyphens, such as tensors/first-views"
        )
    folder = quests.joinpath(*quest_id.split("/"))
    try:
        folder.mkdir(parents=True)
        for name, text in files(quest_id, kind).items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except FileExistsError as error:
        raise NewFault(f"{folder} exists already; choose another name or prove that one") from error
    except OSError as error:
        raise NewFault(f"{folder} cannot be written: {error.strerror}") from error
    return folder


def files(quest_id: str, kind: str) -> dict[str, str]:
    """Every file of a new quest of that kind, by its name within the folder."""
    name = quest_id.split("/")[1]
    title = name.replace("-", " ").capitalize()
    common = {"quest.toml": templates.quest_toml(title, kind), "brief.md": templates.BRIEF}
    if kind == "quiz":
        return {**common, "checks.py": templates.QUIZ_CHECKS.format(id=quest_id)}
    checks = templates.DRILL_CHECKS if kind == "drills" else templates.CHECKS
    return {
        **common,
        "hints.md": templates.HINTS,
        "starter.py": templates.REVIEW_STARTER if kind == "review" else templates.STARTER,
        "reference.py": templates.REFERENCE,
        "checks.py": checks.format(id=quest_id),
        "wrong/forgets-the-shift.py": templates.WRONG,
        "right/in-one-expression.py": templates.RIGHT,
    }
