"""Finds and reads packs of quests. Lazy: nothing is read before it is asked for."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from leveling.catalog.faults import Fault, FaultyContent, UnknownQuest
from leveling.catalog.index import cards_of, gates_of
from leveling.catalog.packs import Pack, find_packs
from leveling.world.card import Card
from leveling.world.dungeon import Dungeon, is_floor
from leveling.world.path import Path as GuidedPath
from leveling.world.quest import Quest

__all__ = ["Catalog", "Fault", "FaultyContent", "Pack", "UnknownQuest", "find_packs"]


class Catalog:
    """All quests of all packs. `faults` grows as quests are read."""

    def __init__(self, packs: Sequence[Pack] | None = None) -> None:
        self.packs = list(packs) if packs is not None else find_packs()
        self.faults: list[Fault] = []

    def gates(self) -> list[str]:
        """Every topic that some pack has, by name."""
        return sorted({gate for pack in self.packs for gate in gates_of(pack) if gate != "paths"})

    def cards(self, gate: str | None = None) -> Iterator[Card]:
        """The cards of one gate or of all, by gate and then by rank and name; reads only what it yields."""
        for each in self.gates() if gate is None else [gate]:
            seen: dict[str, Card] = {}
            for pack in self.packs:
                cards, faults = cards_of(pack, each)
                self.faults += faults
                for card in cards:
                    seen.setdefault(card.id, card)
            yield from sorted(seen.values(), key=lambda card: (card.rank.level, card.id))

    def quest(self, quest_id: str) -> Quest:
        """One quest, or one floor of a dungeon, whole.

        Raises:
            UnknownQuest: when no pack has it.
            FaultyContent: when its files have faults.
        """
        from leveling.catalog.reading import read_quest

        if is_floor(quest_id):
            from leveling.catalog.dungeons import floor_in

            return floor_in(self.packs, quest_id)
        folder, pack = self._place(quest_id)
        return read_quest(folder, quest_id, pack.name)

    def find(self, text: str) -> str:
        """The id that `text` names: itself, or a quest's (or dungeon's) name without its gate where only one gate has it.

        Raises:
            UnknownQuest: with ids that are spelt alike.
        """
        if self._folder(text) is not None:
            return text
        fitting = [quest_id for quest_id in self._ids() if quest_id.split("/", 1)[1] == text]
        if len(fitting) == 1:
            return fitting[0]
        from leveling.catalog.dungeons import find_dungeon  # brings pydantic: only for what is no quest

        found = find_dungeon(self.packs, text) if not fitting else None
        if found is None:
            raise UnknownQuest(text, fitting or self._near(text))
        return found

    def is_dungeon(self, found: str) -> bool:
        """Whether what `find` returned is a dungeon as a whole."""
        return not is_floor(found) and self._folder(found) is None

    def dungeons(self) -> list[Dungeon]:
        """Every dungeon by gate and rank; faulty ones add to `faults` and are left out."""
        from leveling.catalog.dungeons import dungeons_in

        found, faults = dungeons_in(self.packs)
        self.faults += faults
        return found

    def dungeon(self, dungeon_id: str) -> Dungeon:
        """One dungeon.

        Raises:
            UnknownQuest: when no pack has it.
            FaultyContent: when its file has faults.
        """
        from leveling.catalog.dungeons import dungeon_in

        return dungeon_in(self.packs, dungeon_id)

    def paths(self) -> list[GuidedPath]:
        """The guided routes in their order; faulty ones add to `faults` and are left out."""
        from leveling.catalog.paths import paths_of

        found, faults = paths_of(self.packs)
        self.faults += faults
        return found

    def path(self, path_id: str) -> GuidedPath:
        """One guided route.

        Raises:
            UnknownPath: when no pack has it.
            FaultyContent: when its file has faults.
        """
        from leveling.catalog.paths import path_of

        return path_of(self.packs, path_id)

    def _place(self, quest_id: str) -> tuple[Path, Pack]:
        found = self._folder(quest_id)
        if found is None:
            raise UnknownQuest(quest_id, self._near(quest_id))
        return found

    def _folder(self, quest_id: str) -> tuple[Path, Pack] | None:
        gate, _, name = quest_id.partition("/")
        if _is_name(gate) and _is_name(name):
            for pack in self.packs:
                folder = pack.quests / gate / name
                if (folder / "quest.toml").is_file():
                    return folder, pack
        return None

    def _ids(self) -> Iterator[str]:
        """Every id that has a folder, without opening a file."""
        for pack in self.packs:
            for gate in gates_of(pack):
                for entry in sorted((pack.quests / gate).iterdir()):
                    if (entry / "quest.toml").is_file():
                        yield f"{gate}/{entry.name}"

    def _near(self, wanted: str) -> list[str]:
        ids = list(dict.fromkeys(self._ids()))
        near = difflib.get_close_matches(wanted, ids, n=3, cutoff=0.5)
        if not near:
            by_name = {quest_id.split("/", 1)[1]: quest_id for quest_id in ids}
            near = [
                by_name[name] for name in difflib.get_close_matches(wanted.rsplit("/", maxsplit=1)[-1], by_name, n=3)
            ]
        return near


def _is_name(text: str) -> bool:
    """Whether `text` may name a folder of a pack: nothing that climbs out of it."""
    return bool(text) and all(part.isalnum() for part in text.split("-")) and text.isascii()
