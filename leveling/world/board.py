"""The cards on the board, looked at once: which can be done on this machine, and where each stands."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from leveling.world.card import Card
from leveling.world.words import Kind, Rank


def is_reachable(card: Card, missing_packages: Collection[str] = (), *, has_cuda: bool = False) -> bool:
    """Whether a quest can be done here: its packages are installed, and not all of its gates need a GPU that is absent."""
    if any(package in missing_packages for package in card.packages):
        return False
    return has_cuda or not card.gates or any(device != "cuda" for _, device in card.gates)


def reachable(cards: Iterable[Card], missing_packages: Collection[str] = (), *, has_cuda: bool = False) -> list[Card]:
    """The cards that can be done here. The others are shown as sealed and count neither way: they block no rank."""
    missing = frozenset(missing_packages)
    return [card for card in cards if is_reachable(card, missing, has_cuda=has_cuda)]


@dataclass(frozen=True, slots=True)
class Board:
    """Cards by id (sealed ones too), the ids that can be done here, and those by gate and rank; trials stand apart."""

    cards: Mapping[str, Card]
    reachable: frozenset[str]
    quests: Mapping[str, Mapping[Rank, Sequence[Card]]]
    trials: Mapping[str, Mapping[Rank, Card]]

    def of(self, gate: str, rank: Rank) -> Sequence[Card]:
        """The quests of a gate and rank that can be done here, without trials, in the order of their ids."""
        return self.quests.get(gate, {}).get(rank, ())

    def trial(self, gate: str, rank: Rank) -> Card | None:
        """The quest that was written as this trial, when there is one that can be done here."""
        return self.trials.get(gate, {}).get(rank)

    def gates(self) -> list[str]:
        """Every gate that has a quest which can be done here, in the order of their names."""
        return sorted(self.quests.keys() | self.trials.keys())


def lay_out(cards: Iterable[Card], missing_packages: Collection[str] = (), *, has_cuda: bool = False) -> Board:
    """The board of these cards on this machine."""
    by_id = {card.id: card for card in cards}
    here = sorted(reachable(by_id.values(), missing_packages, has_cuda=has_cuda), key=lambda card: card.id)
    quests: dict[str, dict[Rank, list[Card]]] = {}
    trials: dict[str, dict[Rank, Card]] = {}
    for card in here:
        if card.kind is Kind.TRIAL:
            trials.setdefault(card.gate, {}).setdefault(card.rank, card)
        else:
            quests.setdefault(card.gate, {}).setdefault(card.rank, []).append(card)
    return Board(by_id, frozenset(card.id for card in here), quests, trials)
