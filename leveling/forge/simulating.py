"""`forge simulate` as a function that returns data: what the table of thresholds makes of different ways to play."""

from collections.abc import Iterator, Sequence

from leveling.world.card import Card
from leveling.world.simulation import LEARNERS, Row, simulate
from leveling.world.synthetic import full_board
from leveling.world.words import Rank

HEAD = f"{'learner':16}{'day':>5}{'hours':>8}{'clears':>8}{'XP':>9}  {'overall':8}{'gates at E D C B A S':>22}"


def rows(cards: Sequence[Card] | None, days: int, *, seed: int = 0, looks: int = 4) -> Iterator[list[Row]]:
    """Every learner's rows in turn, `looks` of them, on these cards or (None) on a made-up board of full size."""
    board = full_board() if cards is None else cards
    for learner in LEARNERS:
        yield simulate(learner, board, days, seed=seed, every=-(-days // looks))


def line(row: Row) -> str:
    """One row under `HEAD`."""
    gates = " ".join(f"{count:>2}" for count in row.gates)
    overall = row.overall.value if row.overall else "-"
    return f"{row.learner:16}{row.day:>5}{row.hours:>8.0f}{row.cleared:>8}{row.xp:>9}  {overall:8}{gates:>22}"


def to_json(row: Row) -> dict[str, object]:
    """The row with the gates by the rank's letter."""
    return {
        "learner": row.learner,
        "day": row.day,
        "hours": row.hours,
        "cleared": row.cleared,
        "xp": row.xp,
        "overall": row.overall.value if row.overall else None,
        "gates": {rank.value: count for rank, count in zip(Rank, row.gates, strict=True)},
    }
