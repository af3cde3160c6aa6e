"""The dungeons of a portfolio: projects of which the learner cleared floors, with the files as the highest one cleared them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from leveling.catalog import FaultyContent, UnknownQuest
from leveling.play import solutions
from leveling.play.dungeons.project import unbundled
from leveling.play.game import Game
from leveling.play.portfolio.work import Work
from leveling.world.dungeon import Dungeon, dungeon_of, is_floor
from leveling.world.record import QuestRecord

_FLOOR = re.compile(r"[a-z0-9-]+/[a-z0-9-]+/[a-z0-9-]+")  # what may become a path; a save may have been edited by hand
_FILE = re.compile(r"[A-Za-z0-9_]+\.(py|md)")

MakeWork = Callable[[Game, str, QuestRecord], Work]


@dataclass(frozen=True, slots=True)
class Ascent:
    """One dungeon. `floors` are those cleared without the reference, `of` is how many it has; `helpers` are further files."""

    id: str
    title: str
    builds: str
    of: int
    floors: tuple[Work, ...]
    helpers: tuple[tuple[str, str], ...] = ()

    @property
    def folder(self) -> str:
        """Where its files lie."""
        return f"dungeons/{self.id}"

    @property
    def page(self) -> str:
        """Where it is presented."""
        return f"{self.folder}/README.md"

    @property
    def files(self) -> Iterator[tuple[str, str]]:
        """Every file of the project: path and text."""
        yield from ((floor.solution, floor.source) for floor in self.floors if floor.solution)
        yield from self.helpers


def ascents(game: Game, make: MakeWork) -> tuple[Ascent, ...]:
    """Every dungeon of which a floor counts, by id; one whose pack is gone is not shown, its floors have no order."""
    begun = sorted({dungeon_of(name) for name in game.record.quests if is_floor(name) and _FLOOR.fullmatch(name)})
    found = []
    for name in begun:
        try:
            dungeon = game.catalog.dungeon(name)
        except (UnknownQuest, FaultyContent):
            continue
        if ascent := _ascent(game, dungeon, make):
            found.append(ascent)
    return tuple(found)


def _ascent(game: Game, dungeon: Dungeon, make: MakeWork) -> Ascent | None:
    counting = [floor for floor in dungeon.floors if game.known(floor).counts]
    works = [make(game, floor, game.known(floor)) for floor in counting]
    if not works:
        return None
    latest: dict[str, str] = {}
    for work in works:  # from below: what a higher floor was cleared with is the newer text
        latest |= unbundled(work.source)
    names = {floor: _file_name(game, floor) for floor in dungeon.floors}
    folder = f"dungeons/{dungeon.id}"
    floors = tuple(_placed(work, folder, names[work.quest], latest) for work in works)
    helpers = {name: text for name, text in latest.items() if name not in names.values() and _FILE.fullmatch(name)}
    return Ascent(
        dungeon.id,
        dungeon.title,
        dungeon.builds,
        len(dungeon.floors),
        floors,
        tuple((f"{folder}/{name}", text) for name, text in sorted(helpers.items())),
    )


def _file_name(game: Game, floor: str) -> str:
    try:
        return solutions.file_name(game.catalog.quest(floor))
    except (UnknownQuest, FaultyContent):
        return ""


def _placed(work: Work, folder: str, name: str, latest: dict[str, str]) -> Work:
    text = latest.get(name, "") if name else ""
    return replace(work, source=text, place=f"{folder}/{name}" if text else "")
