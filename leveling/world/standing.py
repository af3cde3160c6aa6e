"""Everything that the status screen shows, from the record and the cards in one call."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from leveling.world.board import lay_out
from leveling.world.card import Card
from leveling.world.drills import due_drills
from leveling.world.dungeon import Climb, is_floor
from leveling.world.levels import LevelStanding, level_standing
from leveling.world.ranks import RankStanding, gate_standings, overall_standing
from leveling.world.recommending import Advice, Strength, advise, strengths
from leveling.world.record import OVERALL, Record, trial_key
from leveling.world.streaks import Streak, streak
from leveling.world.titles import Deeds, Title, earned
from leveling.world.unlocking import Door, chains, doors
from leveling.world.words import Grade, Rank
from leveling.world.xp import total_xp


@dataclass(frozen=True, slots=True)
class Standing:
    """A hunter as of now. `reached` are ranks that the record does not hold as promotions yet: show them, then record them.

    `cleared` counts quests cleared unaided, `on_offer` the quests that can be done here, `sealed` those that cannot.
    """

    hunter: str
    xp: int
    level: LevelStanding
    overall: RankStanding
    gates: Mapping[str, RankStanding]
    streak: Streak
    titles: tuple[Title, ...]
    due: tuple[str, ...]
    advice: tuple[Advice, ...]
    strengths: tuple[Strength, ...]
    doors: Mapping[str, Door]
    cleared: int
    on_offer: int
    sealed: int
    reached: tuple[tuple[str, Rank], ...]


def standing(
    record: Record,
    cards: Iterable[Card],
    today: date,
    *,
    now: datetime | None = None,
    missing_packages: Collection[str] = (),
    has_cuda: bool = False,
    path: Sequence[str] = (),
    climbs: Sequence[Climb] = (),
) -> Standing:
    """Where a hunter stands. `today` is the local day, `now` the instant in UTC (by default the end of that day).

    `path` lists the quests of the chosen path in its order, `climbs` the dungeons that were begun. A thousand quests take
    a few milliseconds.
    """
    now = now or datetime.combine(today, time.max, UTC)
    board = lay_out(cards, missing_packages, has_cuda=has_cuda)
    followed = chains(record, board)
    gates = gate_standings(record, board, followed)
    overall = overall_standing(record, gates.values())
    xp = total_xp(record)
    run = streak(record.days, today, record.rests)
    known = strengths(record, board)
    due = due_drills(record, now, today, board.reachable)
    return Standing(
        hunter=record.hunter,
        xp=xp,
        level=level_standing(xp),
        overall=overall,
        gates=gates,
        streak=run,
        titles=earned(deeds_of(record, gates.values(), overall, run)),
        due=due,
        advice=advise(
            record, board, followed, {OVERALL: overall, **gates}, now, known=known, due=due, path=path, climbs=climbs
        ),
        strengths=known,
        doors=doors(record, board, followed),
        cleared=sum(known.counts for name, known in record.quests.items() if not is_floor(name)),
        on_offer=len(board.reachable),
        sealed=len(board.cards) - len(board.reachable),
        reached=_reached(record, [*gates.values(), overall]),
    )


def _reached(record: Record, standings: Iterable[RankStanding]) -> tuple[tuple[str, Rank], ...]:
    return tuple(
        (each.where, each.rank)
        for each in standings
        if each.rank is not None and trial_key(each.where, each.rank) not in record.promotions
    )


def deeds_of(record: Record, gates: Iterable[RankStanding], overall: RankStanding, run: Streak) -> Deeds:
    """The facts that titles look at."""
    own = {name: known for name, known in record.quests.items() if known.counts}
    clears = [[clear for clear in known.clears if clear.unaided] for known in own.values()]
    return Deeds(
        clears=len(own),
        gates=len({name.split("/", 1)[0] for name in own}),
        gate_levels=tuple(each.rank.level for each in gates if each.rank is not None and each.where != OVERALL),
        overall=overall.rank.level if overall.rank is not None else -1,
        perfect=sum(any(clear.grade is Grade.S for clear in of_quest) for of_quest in clears),
        unhinted=sum(any(clear.hints == 0 for clear in of_quest) for of_quest in clears),
        returned=sum(known.solved_again for known in own.values()),
        stubborn=max((known.failures for known in own.values()), default=0),
        best_streak=run.best,
        trials=sum(known.passed is not None for known in record.trials.values()),
        recalled=sum(record.days.values()),
    )
