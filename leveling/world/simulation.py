"""Simulated learners on a board of cards: what the rules make of different ways to play. Returns rows, prints nothing.

Everything happens through `leveling.world.changes`, as in the real game; only the learner is made up.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from leveling.world import changes
from leveling.world.board import Board, lay_out
from leveling.world.card import Card
from leveling.world.ranks import RankStanding, gate_standings, overall_standing
from leveling.world.recommending import is_trial_ready
from leveling.world.record import Clear, Record
from leveling.world.synthetic import PACKAGE, full_board
from leveling.world.trials import Outcome, begin, draw, may_begin_at, outcome, submit
from leveling.world.unlocking import Chains, chains
from leveling.world.words import Grade, Kind, Rank
from leveling.world.xp import total_xp

FIRST_DAY = date(2026, 1, 5)  # a Monday
ACTIVE_WEEKDAYS = (0, 1, 3, 5)


@dataclass(frozen=True, slots=True)
class Learner:
    """One way to play. Chances are from 0 to 1; `pace` is time needed as a multiple of the minutes that a quest states.

    `away` are days (counted from the first) without play; `missing` are packages that are not installed.
    """

    name: str
    says: str
    minutes_a_day: int = 120
    pace: float = 1.0
    grades: tuple[int, int, int, int] = (3, 3, 3, 1)
    hints: int = 0
    reveals: float = 0.0
    passes_trial: float = 0.8
    highest: Rank = Rank.S
    repeats: bool = False
    prefers_high: bool = False
    has_cuda: bool = True
    missing: tuple[str, ...] = ()
    away: range = range(0)


LEARNERS = (
    Learner("steady", "an hour or two four days a week, from the lowest quest up"),
    Learner(
        "hasty",
        "the highest open quest first, barely correct",
        grades=(9, 1, 0, 0),
        prefers_high=True,
        passes_trial=0.4,
    ),
    Learner("farmer", "quests of rank E again and again", highest=Rank.E, repeats=True),
    Learner(
        "hint-taker", "three hints everywhere, one reference in five revealed", hints=3, reveals=0.2, passes_trial=0.6
    ),
    Learner("without GPU", "as steady, on a laptop", has_cuda=False),
    Learner("without extras", "as steady, no GPU and no optional package", has_cuda=False, missing=(PACKAGE,)),
    Learner("returning", "as steady, with a month away", away=range(60, 90)),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A learner after some days: `hours` played, and in how many gates each rank (lowest first) is reached."""

    learner: str
    day: int
    hours: float
    cleared: int
    xp: int
    overall: Rank | None
    gates: tuple[int, ...]


def simulate(learner: Learner, cards: Sequence[Card], days: int, *, seed: int = 0, every: int = 28) -> list[Row]:
    """Play for so many days and look at the standing now and then, and at the end."""
    return [row for row, _ in play(learner, cards, days, seed=seed, every=every)]


def play(
    learner: Learner, cards: Sequence[Card], days: int, *, seed: int = 0, every: int = 28
) -> Iterator[tuple[Row, Record]]:
    """As `simulate`, with the record beside each row."""
    life = _Life(learner, lay_out(cards, learner.missing, has_cuda=learner.has_cuda), seed)
    for day in range(1, days + 1):
        today = FIRST_DAY + timedelta(days=day - 1)
        if day not in learner.away and today.weekday() in ACTIVE_WEEKDAYS:
            life.live(today)
        if day % every == 0 or day == days:
            yield life.row(day), life.record


def table(cards: Sequence[Card] | None = None, days: int = 364, *, seed: int = 0) -> list[Row]:
    """Every learner over a year, one row a quarter, on the cards given or on a made-up board of full size."""
    cards = full_board() if cards is None else cards
    return [row for learner in LEARNERS for row in simulate(learner, cards, days, seed=seed, every=91)]


class _Life:
    """One learner's days: what is done is told to the record, and what is open is read from it."""

    def __init__(self, learner: Learner, board: Board, seed: int) -> None:
        self.learner = learner
        self.board = board
        self.lots = random.Random(f"{learner.name}:{seed}")  # noqa: S311 - a game of chance, no secret
        self.record = Record(created=FIRST_DAY)
        self.minutes = 0.0
        self.now = datetime.combine(FIRST_DAY, time(9), UTC)
        self.order = sorted((card for card in board.cards.values() if self._wants(card)), key=self._preference())

    def _wants(self, card: Card) -> bool:
        is_open_here = card.id in self.board.reachable and card.kind is not Kind.TRIAL
        return is_open_here and card.rank.level <= self.learner.highest.level

    def _preference(self) -> Callable[[Card], tuple[int, str, str]]:
        sign = -1 if self.learner.prefers_high else 1
        return lambda card: (sign * card.rank.level, card.id.split("/", 1)[1], card.gate)

    def live(self, today: date) -> None:
        """One day: trials that are ready, then quests until the time is used up."""
        self.now = datetime.combine(today, time(9), UTC)
        until = self.minutes + self.learner.minutes_a_day
        self._sit_trials(today)
        followed = chains(self.record, self.board)
        while self.minutes < until:
            card = self._choose(followed)
            if card is None:
                return
            self._solve(card, today)

    def _choose(self, followed: Chains) -> Card | None:
        """The first in the order that was open this morning and is not cleared."""
        for card in self.order:
            if followed.is_whole(card.id) and not self.record.quest(card.id).clears:
                return card
        return self.lots.choice(self.order) if self.learner.repeats and self.order else None

    def _solve(self, card: Card, today: date) -> None:
        name = card.id
        spent = card.minutes * self.learner.pace
        if not self.record.quest(name).started:
            self.record = changes.started(self.record, name, self._tick(0))
        for number in range(1, self.learner.hints + 1):
            self.record = changes.hinted(self.record, name, number)
        if self.lots.random() < self.learner.reveals:
            self.record = changes.revealed(self.record, name, self._tick(1))
        grade = self.lots.choices(list(Grade), self.learner.grades)[0]
        now = self._tick(spent)
        self.record = changes.attempted(self.record, name, now, today, spent * 60, cleared=True)
        self.record = changes.cleared(self.record, name, Clear(grade, card.rank, now, today))

    def _tick(self, minutes: float) -> datetime:
        self.minutes += minutes
        self.now += timedelta(minutes=minutes)
        return self.now

    def _sit_trials(self, today: date) -> None:
        """Every trial that is all that is missing, until none is left that may be tried today."""
        sat = True
        while sat:
            gates = gate_standings(self.record, self.board)
            standings = [*gates.values(), overall_standing(self.record, gates.values())]
            sat = sum(self._sit(each, today) for each in standings) > 0  # each of them, not only the first

    def _sit(self, standing: RankStanding, today: date) -> bool:
        rank = standing.next
        if rank is None or not is_trial_ready(self.board, standing):
            return False
        if may_begin_at(self.record, standing.where, rank, self.now) > self.now:
            return False
        trial = draw(self.record, self.board, standing.where, rank, self.lots.randrange(2**32))
        sitting = begin(trial, self.now)
        passes = self.lots.random() < self.learner.passes_trial
        for task in trial.tasks:
            card = self.board.cards[task]
            now = self._tick(trial.minutes / (len(trial.tasks) + 1))
            while outcome(sitting, now) is Outcome.RUNNING and task not in sitting.cleared:
                sitting = submit(sitting, task, now, cleared=passes)
            if passes:
                self.record = changes.cleared(self.record, task, Clear(Grade.C, card.rank, now, today))
        self.record = changes.sat(self.record, standing.where, rank, sitting)
        return True

    def row(self, day: int) -> Row:
        """The standing after a day."""
        gates = gate_standings(self.record, self.board)
        levels = [each.rank.level for each in gates.values() if each.rank is not None]
        overall = overall_standing(self.record, gates.values())
        cleared = sum(known.counts for known in self.record.quests.values())
        counts = tuple(sum(level >= rank.level for level in levels) for rank in Rank)
        hours = round(self.minutes / 60, 1)
        return Row(self.learner.name, day, hours, cleared, total_xp(self.record), overall.rank, counts)
