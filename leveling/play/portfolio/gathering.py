"""What a portfolio shows, gathered from the save: only the learner's own clears, with what was measured of each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from leveling import __version__
from leveling.catalog import FaultyContent, UnknownQuest
from leveling.play.game import Game
from leveling.saving import solutions as kept
from leveling.world.ranks import RankStanding
from leveling.world.record import Clear, QuestRecord
from leveling.world.words import Grade, Rank

_QUEST = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")  # what may become a path; a save may have been edited by hand


@dataclass(frozen=True, slots=True)
class Work:
    """One quest that the learner cleared without the reference. `source` is empty for a quiz and where the text is lost."""

    quest: str
    title: str
    learns: str
    papers: tuple[str, ...]
    clear: Clear
    source: str
    attempts: int
    first_clear: date | None
    note: str = ""
    learnings: str = ""

    @property
    def gate(self) -> str:
        """The topic."""
        return self.quest.partition("/")[0]

    @property
    def stem(self) -> str:
        """A file name for what belongs to this quest, without an ending."""
        return self.quest.replace("/", "-")

    @property
    def solution(self) -> str:
        """Where its solution lies in the portfolio; empty when there is none."""
        name = self.quest.partition("/")[2].replace("-", "_")
        return f"solutions/{self.gate}/{name}.py" if self.source else ""

    @property
    def post(self) -> str:
        """Where its post lies; empty when nothing was written down."""
        return f"posts/{self.stem}.md" if self.note or self.learnings else ""

    @property
    def plot(self) -> str:
        """Where its bars lie; empty when nothing was measured."""
        return f"figures/{self.stem}.svg" if any(gate.value is not None for gate in self.clear.gates) else ""


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
    trials = tuple(
        f"{where} {rank}"
        for where in ("overall", *standing.gates)
        for rank in sorted(record.passed(where), key=lambda each: each.level)
    )
    return Contents(
        hunter=record.hunter,
        latest=max((work.clear.day for work in works), default=game.today()),
        version=__version__,
        overall=standing.overall,
        gates=tuple(each for each in standing.gates.values() if each.rank is not None),
        works=tuple(works),
        trials=trials,
        days=len(record.days),
        aided=sum(known.is_cleared and not known.counts for known in record.quests.values()),
    )


def _works(game: Game) -> Iterator[Work]:
    for name, known in game.record.quests.items():
        best = known.best
        if best is not None and known.counts and _QUEST.fullmatch(name):
            yield _work(game, name, known, best)


def _work(game: Game, name: str, known: QuestRecord, best: Clear) -> Work:
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
