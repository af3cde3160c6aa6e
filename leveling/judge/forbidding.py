"""The judge's side of `forbid`: reads the learner's file first, then has the worker watch what the tree does not show."""

from typing import Any

from leveling.judge.examine import ForbiddenUse, examine
from leveling.judge.examine.forbidden import spellings
from leveling.world.quest import Quest

JSON = dict[str, Any]
SHOWN = 6


class ForbiddenCall(Exception):
    """The worker reports that the learner's lines called something forbidden; `use` says what and where."""

    def __init__(self, use: ForbiddenUse, function: str) -> None:
        super().__init__(use.says())
        self.use = use
        self.function = function


def forbidden_in(source: str, path: str, quest: Quest) -> str:
    """What the syntax tree shows, in the words that the learner reads; empty text where it shows nothing.

    A file that cannot be parsed shows nothing here: it fails when it is loaded.
    """
    if not quest.forbid:
        return ""
    uses = examine(source, path, quest).forbidden
    if not uses:
        return ""
    lines = [use.says() for use in uses[:SHOWN]]
    if len(uses) > SHOWN:
        lines.append(f"and {len(uses) - SHOWN} more such lines")
    return "\n  ".join(lines)


def watch_order(quest: Quest) -> JSON | None:
    """What the worker is to watch for; None when the quest forbids nothing."""
    if not quest.forbid and not quest.forbid_ops:
        return None
    rules = [
        {"name": rule.name, "spellings": sorted(spellings(rule.name)), "allowed_in": list(rule.allowed_in)}
        for rule in quest.forbid
    ]
    return {"rules": rules, "ops": list(quest.forbid_ops)}


def raise_for_hits(figures: JSON, quest: Quest) -> None:
    """Look at what the worker says it saw.

    Raises:
        ForbiddenCall: for the first entry that names something this quest forbids; anything else is no report of ours.
    """
    hits = figures.get("forbidden")
    reasons = {rule.name: rule.why for rule in quest.forbid} | dict.fromkeys(quest.forbid_ops, "")
    for hit in hits if isinstance(hits, list) else ():
        if isinstance(hit, dict) and isinstance(name := hit.get("name"), str) and name in reasons:
            line = hit["line"] if isinstance(hit.get("line"), int) else 0
            file = str(hit.get("file", ""))[:200]
            use = ForbiddenUse(name, name, line, 0, reasons[name], file if file.startswith("echoes/") else "")
            raise ForbiddenCall(use, str(hit.get("function", ""))[:80])
