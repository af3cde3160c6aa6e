"""A made-up board of full size, for simulations and measurements: real sizes of gates and ranks, no real quest."""

from collections.abc import Iterator
from typing import Final

from leveling.world.card import Card
from leveling.world.words import Kind, Rank

# Per gate: quests of rank E D C B A S; how many of each need an optional package; ranks that have a written trial.
SIZES: Final[tuple[tuple[str, tuple[int, ...], tuple[int, ...], str], ...]] = (
    ("architectures", (0, 1, 7, 10, 6, 2), (0, 0, 0, 0, 0, 0), "BA"),
    ("autograd", (2, 3, 6, 5, 5, 1), (0, 0, 0, 0, 0, 0), "DA"),
    ("data", (2, 8, 11, 4, 2, 1), (0, 3, 4, 1, 0, 0), "DC"),
    ("deployment", (1, 3, 6, 14, 3, 1), (0, 1, 1, 1, 1, 1), "BA"),
    ("distributed", (0, 3, 6, 10, 5, 1), (0, 0, 1, 0, 0, 0), "BS"),
    ("llm", (1, 5, 9, 12, 5, 2), (0, 3, 3, 2, 0, 0), "BA"),
    ("modules", (3, 3, 7, 6, 3, 1), (0, 0, 0, 0, 0, 0), "DA"),
    ("performance", (2, 4, 7, 8, 5, 1), (0, 0, 1, 1, 1, 1), "BA"),
    ("research", (0, 1, 13, 13, 4, 0), (0, 0, 0, 0, 0, 0), "BS"),
    ("retrieval", (0, 2, 9, 10, 4, 1), (0, 0, 0, 1, 0, 0), "B"),
    ("tensors", (5, 6, 5, 3, 3, 1), (1, 0, 0, 0, 0, 0), "DA"),
    ("training", (2, 7, 11, 4, 3, 1), (0, 0, 0, 0, 0, 0), "DC"),
    ("transformers", (1, 5, 8, 12, 2, 2), (0, 0, 0, 0, 0, 0), "CBA"),
)
MINUTES: Final = (25, 40, 60, 80, 120, 180)
TRIAL_MINUTES: Final = (20, 30, 45, 60, 75, 120)
PACKAGE: Final = "optional-package"
CUDA_ONLY: Final = ("performance/b-0", "performance/a-0", "transformers/b-0")
CPU_GATES: Final = (("ops", "cpu"), ("memory", "cpu"), ("throughput", "cuda"))


def full_board() -> list[Card]:
    """Cards of every gate, in the order of their ids."""
    cards = [card for gate, sizes, packaged, trials in SIZES for card in _gate(gate, sizes, packaged, trials)]
    return sorted(cards, key=lambda card: card.id)


def _gate(gate: str, sizes: tuple[int, ...], packaged: tuple[int, ...], trials: str) -> Iterator[Card]:
    """Each quest needs the one before it in its rank; the first of a rank the first of the nearest lower one."""
    below = ""
    for rank, size, with_package, minutes in zip(Rank, sizes, packaged, MINUTES, strict=True):
        before = below
        for number in range(size):
            name = f"{gate}/{rank.value.lower()}-{number}"
            yield Card(
                id=name,
                title=f"{gate} {rank} {number}",
                rank=rank,
                kind=Kind.DRILLS if rank is Rank.E and number == 0 else Kind.QUEST,
                minutes=minutes,
                needs=(before,) if before else (),
                packages=(PACKAGE,) if number >= size - with_package else (),
                gates=(("throughput", "cuda"),) if name in CUDA_ONLY else CPU_GATES,
            )
            before = name
        below = f"{gate}/{rank.value.lower()}-0" if size else below
    for letter in trials:
        rank = Rank(letter)
        name = f"{gate}/trial-{letter.lower()}"
        minutes = TRIAL_MINUTES[rank.level]
        yield Card(name, f"Trial of rank {rank} in {gate}", rank, Kind.TRIAL, minutes)
