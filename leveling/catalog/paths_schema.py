"""quests/paths/<path>.toml as it may be written, format 1."""

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from leveling.catalog.schema import NAME, Sentence, Strict
from leveling.world.path import EntryKind, Target, TargetKind

T = TypeVar("T")
TARGET = rf"^(?:(?:dungeon|trial):)?{NAME}/{NAME}$"
ItemId = Annotated[str, StringConstraints(pattern=r"^[A-Z](?:\.[A-Za-z0-9-]+)+$")]
TargetText = Annotated[str, StringConstraints(pattern=TARGET)]
Hours = Annotated[float, Field(ge=0, le=500)]


def _no_twin(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name} stands there twice")
    return names


def _not_empty(written: tuple[T, ...]) -> tuple[T, ...]:
    """As a bound on the length, but silent while the parts themselves have faults."""
    if not written:
        raise ValueError("is empty; it needs at least one")
    return written


def target_of(text: str) -> Target:
    """The target that `gate/quest`, `dungeon:gate/name` or `trial:gate/name` names."""
    kind, colon, name = text.rpartition(":")
    return Target(name, TargetKind(kind)) if colon else Target(text)


class EntryTable(Strict):
    """One line of the checklist."""

    kind: EntryKind
    title: Sentence
    items: Annotated[tuple[ItemId, ...], AfterValidator(_no_twin)] = ()
    by: Annotated[tuple[TargetText, ...], AfterValidator(_no_twin)] = ()
    optional: bool = False
    hours: Hours = 0.0
    note: str = ""
    link: Annotated[str, StringConstraints(pattern=r"^$|^https?://\S+$")] = ""


class PartTable(Strict):
    """A stretch of a section: a fortnight, a morning, a list of readings."""

    title: Sentence
    span: str = ""
    hours: Hours = 0.0
    choose: int = Field(default=0, ge=0, le=50)
    note: str = ""
    entries: Annotated[tuple[EntryTable, ...], AfterValidator(_not_empty)]

    @model_validator(mode="after")
    def _choice_is_possible(self) -> "PartTable":
        if self.choose > len(self.entries):
            raise ValueError(f"choose is {self.choose}, but there are {len(self.entries)} entries to choose from")
        return self


class SectionTable(Strict):
    """A phase, chapter, module or day."""

    title: Sentence
    span: str = ""
    note: str = ""
    items: Annotated[tuple[ItemId, ...], AfterValidator(_no_twin)] = ()
    parts: Annotated[tuple[PartTable, ...], AfterValidator(_not_empty)]


class PathFile(Strict):
    """A whole path."""

    format: Literal[1]
    title: Sentence
    promise: Sentence
    length: Sentence
    order: int = 0
    note: str = ""
    items: Annotated[tuple[ItemId, ...], AfterValidator(_no_twin)] = ()
    sections: Annotated[tuple[SectionTable, ...], AfterValidator(_not_empty)]

    @model_validator(mode="after")
    def _items_stand_once(self) -> "PathFile":
        seen: set[str] = set()
        twins: list[str] = []
        for item in self._items():
            if item in seen:
                twins.append(item)
            seen.add(item)
        if twins:
            raise ValueError(f"these items stand in it twice: {', '.join(twins)}")
        return self

    def _items(self) -> list[str]:
        found = list(self.items)
        for section in self.sections:
            found += section.items
            for part in section.parts:
                for entry in part.entries:
                    found += entry.items
        return found
