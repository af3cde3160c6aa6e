"""The hints of a quest, in stages."""

import re

from leveling.world.quest import Quest

_HEADING = re.compile(r"^## +(\d+)\s*$", re.MULTILINE)


def hints_of(quest: Quest) -> list[str]:
    """The texts under `## 1`, `## 2`, ... of hints.md; empty when the quest has none."""
    path = quest.folder / "hints.md"
    if not path.is_file():
        return []
    parts = _HEADING.split(path.read_text(encoding="utf-8"))
    return [text.strip() for text in parts[2::2]]
