"""What a portfolio shows, gathered from the save: only the learner's own clears, with what was measured of each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from leveling import __version__
from leveling.catalog import FaultyContent, UnknownQuest
from leveling.play.game import Game
from leveling.play.portfolio.climbing import Ascent, ascents
from leveling.play.portfolio.markup import many
from leveling.play.portfolio.work import Work
from leveling.saving import solutions as kept
from leveling.world.ranks import RankStanding
from leveling.world.record import QuestRecord
from leveling.world.words import Grade, Rank

_QUEST = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")  # what may become a path; a save may have been edited by hand


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything of one portfolio. `aided` counts clears with the reference at hand, which are left out.

    `latest` is the day of the newest clear shown: the same save makes the same files, on whatever day.
    """

    hunter: str
    latest: date
    version: str
    overall: RankStanding
    gates: tuple[RankStanding, ...]
    works: tuple[Work, ...]
    trials: tuple[str, ...]
    days: int
    aided: int
    climbs: tuple[Ascent, ...] = ()

    @property
    def everything(self) -> tuple[Work, ...]:
        """Quests, then the floors of every dungeon."""
        return (*self.works, *(floor for climb in self.climbs for floor in climb.floors))

    @property
    def shown(self) -> str:
        """What is shown, in words: "3 cleared quests, 2 floors of 1 dungeon"."""
        floors = sum(len(climb.floors) for climb in self.climbs)
        quests = many(len(self.works), "cleared quest")
        return f"{quests}, {many(floors, 'floor')} of {many(len(self.climbs), 'dungeon')}" if floors else quests

    @property
    def by_gate(self) -> dict[str, list[Work]]:
        """The works of every gate that has one, by rank and name."""
        found: dict[str, list[Work]] = {}
        for work in self.works:
            found.setdefault(work.gate, []).append(work)
        return found

    def count(self, rank: Rank) -> int:
        """Works of a rank."""
        return sum(work.clear.rank is rank for work in self.works)

    def graded(self, grade: Grade) -> int:
        """Works of a grade."""
        return sum(work.clear.grade is grade for work in self.works)


def gather(game: Game) -> Contents:
    """Read the save and, of each cleared quest, what its pack says of it.

    Raises:
        Trouble: when the save cannot be read.
    """
    record, standing = game.record, game.standing()
    works = sorted(_works(game), key=lambda work: (work.gate, work.clear.rank.level, work.quest))
    climbs = ascents(game, _work)
    days = [work.clear.day for work in (*works, *(floor for climb in climbs for floor in climb.floors))]
    trials = tuple(
        f"{where} {rank}"
        for where in ("overall", *standing.gates)
        for rank in sorted(record.passed(where), key=lambda each: each.level)
    )
    return Contents(
        hunter=record.hunter,
        latest=max(days, default=game.today()),
        version=__version__,
        overall=standing.overall,
        gates=tuple(each for each in standing.gates.values() if each.rank is not None),
        works=tuple(works),
        trials=trials,
        days=len(record.days),
        aided=sum(known.is_cleared and not known.counts for known in record.quests.values()),
        climbs=climbs,
    )


def _works(game: Game) -> Iterator[Work]:
    for name, known in game.record.quests.items():
        if known.counts and _QUEST.fullmatch(name):
            yield _work(game, name, known)


def _work(game: Game, name: str, known: QuestRecord) -> Work:
    best = known.best
    assert best is not None  # what counts was cleared
    title, learns = name, ""  # a quest whose pack is gone keeps its clear
    papers: tuple[str, ...] = ()
    try:
        quest = game.catalog.quest(name)
    except (UnknownQuest, FaultyContent):
        pass
    else:
        title, learns, papers = quest.title, quest.learns, quest.papers
    return Work(
        quest=name,
        title=title,
        learns=learns,
        papers=papers,
        clear=best,
        source=(kept.text_of(game.store.folder, best.solution) or "") if best.solution else "",
        attempts=known.attempts,
        first_clear=known.first_clear,
        note=known.note.value if known.note else "",
        learnings=known.learnings.value if known.learnings else "",
    )
