"""What is wrong with a file of a pack, for the person who wrote it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: in which file, under which key, what was found, what to do."""

    file: Path
    key: str
    found: str
    advice: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else str(self.file)
        return f"{place}: {self.found}. {self.advice}"


class FaultyContent(Exception):
    """A quest, dungeon or pack that cannot be used; holds every fault that was found."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


class UnknownQuest(Exception):
    """No pack holds this id; `near` are ids that look like it."""

    def __init__(self, wanted: str, near: list[str]) -> None:
        self.wanted = wanted
        self.near = tuple(near)
        advice = f" Did you mean {' or '.join(near)}?" if near else " `leveling quests` lists what there is."
        super().__init__(f"there is no quest {wanted!r}.{advice}")
